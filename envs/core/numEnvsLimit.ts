/** The most environments of one vector env. What they and their rows take would else be asked for without an end. */
export const NUM_ENVS_LIMIT = 100_000;
