import {
  type Color,
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  parse,
  wcagContrast,
} from 'culori';
import { describe, expect, it } from 'vitest';
import { policyColours, resolveColours, type Theme, themeColour } from '../../../envs/drawing/palette.ts';

const VISIONS = {
  trichromat: (colour: Color) => colour,
  protanope: filterDeficiencyProt(1),
  deuteranope: filterDeficiencyDeuter(1),
  tritanope: filterDeficiencyTrit(1),
};

describe.each(['light', 'dark'] as const)('the %s theme', (theme: Theme) => {
  const colour = (css: string) => resolveColours(css, theme);
  const named = (name: Parameters<typeof themeColour>[0]) => colour(themeColour(name));
  // With ink and grey at their end.
  const policies = policyColours(Array.from({ length: 10 }, (_, i) => `policy ${i}`)).range.map(colour);

  it.each(Object.entries(VISIONS))('has colours that a %s tells apart', (_, see) => {
    const difference = differenceCiede2000();
    const seen = policies.map((css) => see(parse(css)!));
    const differences = seen.flatMap((a, i) => seen.slice(0, i).map((b) => difference(a, b)));
    expect(policies.slice(-2)).toEqual([named('ink'), named('faint')]);
    expect(differences).toHaveLength(45);
    expect(Math.min(...differences)).toBeGreaterThan(see === VISIONS.trichromat ? 20 : 11);
  });

  it('can be read on its paper', () => {
    const paper = named('paper');
    for (const name of ['ink', 'muted'] as const) expect(wcagContrast(named(name), paper)).toBeGreaterThan(4.5);
    for (const css of policies) expect(wcagContrast(css, paper)).toBeGreaterThan(3);
  });
});
