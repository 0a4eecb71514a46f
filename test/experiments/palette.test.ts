import {
  type Color,
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  parse,
  wcagContrast,
} from 'culori';
import { describe, expect, it, test } from 'vitest';
import { policyNames } from '../../agents/lake.ts';
import { policyColours, resolveColours, type Theme, themeColour } from '../../envs/drawing/palette.ts';
import { banana } from '../../experiments/banana/banana.ts';
import { wayNames } from '../../experiments/lake/studies/otherWays/ways.ts';
import { productPolicies } from '../../experiments/products/productPolicies.ts';
import { robots } from '../../experiments/robots/robots.ts';
import { robotChoices } from '../../web/lab/robotSetting.ts';
import { choices } from '../../web/lab/setting.ts';

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

test('a policy has the same colour in every experiment and lab, and no two of a list share one', () => {
  const lists: readonly (readonly string[])[] = [
    policyNames,
    robots.choices.policies,
    productPolicies,
    wayNames,
    banana.choices.policies,
    Object.keys(choices.policies),
    Object.keys(robotChoices.policies),
    ['spline'],
  ];
  const seen = new Map(lists.flatMap((list) => list.map((name, i) => [name, policyColours(list).range[i]] as const)));
  for (const list of lists) {
    const { domain, range } = policyColours(list);
    expect(domain).toEqual(list);
    expect(new Set(range).size).toBe(list.length);
    for (const name of policyNames.filter((one) => list.includes(one))) {
      expect(range[list.indexOf(name)], name).toBe(seen.get(name));
    }
  }
});
