/** One of the searches for a soft optimum: by an algorithm, at a temperature, with settings of its own. */
export interface SoftStudy {
  readonly name: string;
  readonly learner: 'PPO' | 'SAC';
  readonly temperature: number;
}

export const temperatures = [0.02, 0.05, 0.1] as const;

/** E2: both algorithms at each temperature. Each is a study, so that its settings are searched for it alone. */
export const softStudies: readonly SoftStudy[] = (['PPO', 'SAC'] as const).flatMap((learner) =>
  temperatures.map((temperature) => ({
    name: `soft-${learner.toLowerCase()}-${temperature}`,
    learner,
    temperature,
  })),
);

/** The study of that name, if it is one of them. */
export function softStudyOf(name: string): SoftStudy | undefined {
  return softStudies.find((study) => study.name === name);
}

/** The key of a condition of the floors. */
export function floorKey(temperature: number): string {
  return `tau-${temperature}`;
}
