/** Whether a picture is light or dark. */
export type Theme = 'light' | 'dark';

const NEUTRAL = {
  light: { paper: '#ffffff', ink: '#1c1c1c', muted: '#5c5c5c', faint: '#8a8a8a', line: '#e4e4e4', water: '#d6e9f6' },
  dark: { paper: '#15171a', ink: '#e8e8e8', muted: '#a9adb3', faint: '#8a8a8a', line: '#32363b', water: '#1f3a50' },
} as const;

/**
 * Each means a policy and nothing else. Found by a search that spreads them, and keeps them from ink and grey, in common colour
 * vision and as protanopes, deuteranopes and tritanopes see them: CIEDE2000 of at least 11 between any two. Each has a contrast
 * of at least 3 to the paper.
 */
const POLICIES = {
  light: ['#c57365', '#86850c', '#008a9b', '#005b3a', '#5d0195', '#5e74f6', '#ac2e67', '#5b4400'],
  dark: ['#d64c3b', '#8f8d00', '#84edff', '#009864', '#9e59e0', '#8fa5ff', '#f293b5', '#ffde91'],
} as const;

/** A colour of the palette, by name. */
export type ColourName = keyof (typeof NEUTRAL)['light'] | `policy-${number}`;

const COLOURS: Record<Theme, Record<ColourName, string>> = {
  light: { ...NEUTRAL.light, ...named(POLICIES.light) },
  dark: { ...NEUTRAL.dark, ...named(POLICIES.dark) },
};

function named(colours: readonly string[]): Record<`policy-${number}`, string> {
  return Object.fromEntries(colours.map((colour, i) => [`policy-${i}`, colour]));
}

/** A colour for figures and pages, as CSS: it follows the reader's theme, and is the light one where there is none. */
export function themeColour(name: ColourName): string {
  return `var(--${name}, ${COLOURS.light[name]})`;
}

/** The CSS declarations that set all colours to those of a theme. */
export function themeDeclarations(theme: Theme): string {
  return Object.entries(COLOURS[theme])
    .map(([name, colour]) => `--${name}: ${colour};`)
    .join(' ');
}

/**
 * The text with the colours of one theme in place of {@link themeColour}'s variables, for files that stand alone; for a page,
 * which sets them, the bare variables.
 */
export function resolveColours(text: string, theme: Theme | 'page'): string {
  return text.replace(/var\(--([\w-]+)(?:, [^)]*)?\)/g, (found, name) => {
    const colour = COLOURS[theme === 'page' ? 'light' : theme][name as ColourName];
    return theme === 'page' && colour !== undefined ? `var(--${name})` : (colour ?? found);
  });
}

/** The colours of policies, in the order in which they are given out: behind those that mean nothing else, ink and grey. */
const IN_TURN: readonly ColourName[] = [...POLICIES.light.map((_, i) => `policy-${i}` as const), 'ink', 'faint'];

/** What has one colour wherever it is drawn: in every report, in the labs and in the figures of the docs. */
const OF_POLICY = new Map(
  ['gaussian', 'gaussian-full', 'mixture-2', 'mixture', 'realnvp', 'spline', 'nice', 'flow-matching'].map(
    (policy, i) => [policy, IN_TURN[i]!],
  ),
);

/**
 * One fixed colour a policy: the one that it has everywhere, or of those that nobody in an experiment's full list has the one at its place, so that
 * leaving policies out recolours nobody. Ten differ.
 */
export function policyColours(policies: readonly string[]): { domain: string[]; range: string[] } {
  const taken = new Set(policies.map((policy) => OF_POLICY.get(policy)));
  const left = IN_TURN.filter((name) => !taken.has(name));
  const others = policies.filter((policy) => !OF_POLICY.has(policy));
  const nameOf = (policy: string) => OF_POLICY.get(policy) ?? left[others.indexOf(policy) % left.length]!;
  return { domain: [...policies], range: policies.map((policy) => themeColour(nameOf(policy))) };
}
