import { type ColourName, policyColours, resolveColours, type Theme, themeColour } from '../../envs/drawing/palette.ts';
import type { Colours } from './lakeCanvas.ts';

/** A colour of the reports by name, as a canvas needs it. */
function colourOf(theme: Theme, name: ColourName): string {
  return resolveColours(themeColour(name), theme);
}

/** The colours of the reports, for a map: blue-green and red for the banks. */
export function paletteOf(theme: Theme): Colours {
  return {
    ink: colourOf(theme, 'ink'),
    faint: colourOf(theme, 'faint'),
    line: colourOf(theme, 'line'),
    water: colourOf(theme, 'water'),
    paper: colourOf(theme, 'paper'),
    upper: colourOf(theme, 'policy-2'),
    lower: colourOf(theme, 'policy-6'),
  };
}

/** The colour that one of the policies has in the reports. */
export function policyColour(theme: Theme, policies: readonly string[], policy: string): string {
  return resolveColours(policyColours(policies).range[policies.indexOf(policy)]!, theme);
}

/** Four colours that stand apart, for the quadrants. */
export function quadrantsOf(theme: Theme): string[] {
  return (['policy-2', 'policy-6', 'policy-1', 'policy-4'] as const).map((name) => colourOf(theme, name));
}
