/** How the temperature goes: with E2's schedule, or at its last value from the start. */
export type TemperatureKind = 'annealed' | 'constant';

/** A condition of a job of the study. */
export interface AnnealingCondition {
  readonly key: string;
  readonly temperature: number;
  readonly kind: TemperatureKind;
}

export const annealingTemperatures = [0.02, 0.05, 0.15] as const;

export const annealingConditions: readonly AnnealingCondition[] = annealingTemperatures.flatMap((temperature) =>
  (['annealed', 'constant'] as const).map((kind) => ({
    key: `tau-${temperature}-${kind}`,
    temperature,
    kind,
  })),
);

/** The condition of a job or row. */
export function conditionOf({ condition }: { readonly condition?: string }): AnnealingCondition {
  return annealingConditions.find(({ key }) => key === condition)!;
}

/** A policy with less than this share of its actions on one of the banks has collapsed onto the other. */
export const COLLAPSED = 0.03;
