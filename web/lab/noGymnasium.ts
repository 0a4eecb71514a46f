const refuse = (id: string): never => {
  throw new Error(`gymnasium:${id}: got a page, expected Node: Gymnasium runs in Python`);
};

/** Takes the place of the provider in `envs/gymnasium/gymnasiumEnv.ts` in the workers of the built site, which have no processes. */
export const gymnasiumProvider = { make: refuse, makeVec: refuse, module: () => undefined, program: refuse };
