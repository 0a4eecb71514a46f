/** The name of the experiment that `oxbow train` runs, whatever the registry holds. */
export const TRAIN = 'train';
