/** The kinds of benchmark data, which are the conditions of the experiment, and how each reads. */
export const kindLabels = {
  expert: 'one expert',
  'two-experts': 'two experts',
  mixed: 'good and bad episodes',
  uneven: 'uneven banks',
  medium: 'medium',
  'medium-replay': 'medium, replay',
} as const;

/** One of them. */
export type Kind = keyof typeof kindLabels;

/** All of them. */
export const kinds = Object.keys(kindLabels) as Kind[];

/** How a condition reads. */
export function conditionLabel(condition: string): string {
  return kindLabels[condition as Kind] ?? condition;
}
