/** The kinds of benchmark data, and how each reads. */
export const kindLabels = {
  expert: 'one expert',
  'two-experts': 'two experts',
  medium: 'medium',
  'medium-replay': 'the way to medium',
  mixed: 'good and bad episodes',
  uneven: 'uneven banks',
} as const;

/** One of them. */
export type Kind = keyof typeof kindLabels;

/** All of them. */
export const kinds = Object.keys(kindLabels) as Kind[];
