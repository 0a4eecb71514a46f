/** The name of the experiment that `oxbow train` runs, whatever the registry holds. */
export const TRAIN = 'train';

/** The name of the one that `oxbow tune train` runs. */
export const TRAIN_TUNING = 'train-tuning';

/** Whether an experiment's settings are those of trainings. */
export function isOfTrainings(experiment: string): boolean {
  return experiment === TRAIN || experiment === TRAIN_TUNING;
}
