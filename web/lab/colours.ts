import { type Theme, themeDeclarations } from '../../envs/drawing/palette.ts';
import type { Colours } from './lakeCanvas.ts';

/** A colour of the reports by name, as a canvas needs it. */
function coloursOf(theme: Theme): (name: string) => string {
  const all = new Map(
    [...themeDeclarations(theme).matchAll(/--([\w-]+): ([^;]+);/g)].map(([, name, colour]) => [name!, colour!]),
  );
  return (name) => all.get(name)!;
}

/** The colours of the reports, for a map: blue-green and red for the banks. */
export function paletteOf(theme: Theme): Colours {
  const of = coloursOf(theme);
  return {
    ink: of('ink'),
    faint: of('faint'),
    water: of('water'),
    paper: of('paper'),
    upper: of('policy-2'),
    lower: of('policy-6'),
  };
}

/** Four colours that stand apart, for the quadrants. */
export function quadrantsOf(theme: Theme): string[] {
  return ['policy-2', 'policy-6', 'policy-1', 'policy-4'].map(coloursOf(theme));
}
