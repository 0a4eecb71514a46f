/**
 * Okabe and Ito's colours, which readers with any common colour vision can tell apart (jfly.uni-koeln.de/color). Yellow is
 * last: it is weak on white.
 */
const COLOURS = ['#D55E00', '#0072B2', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#000000', '#F0E442'];

/** One fixed colour a policy, by its place in an experiment's full list: leaving policies out recolours nobody. */
export function policyColours(policies: readonly string[]): { domain: string[]; range: string[] } {
  return { domain: [...policies], range: policies.map((_, i) => COLOURS[i % COLOURS.length]!) };
}
