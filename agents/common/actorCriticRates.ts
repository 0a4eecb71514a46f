import type { Rate } from '../../src/training/rate.ts';

/** The learning rates of a policy and its critics. */
export const actorCriticRates = {
  /** As a compiled update takes them: scalars. */
  shapes: { learningRate: { shape: [] }, criticLearningRate: { shape: [] } },
  /** The critics have the policy's where none of their own is given. */
  of: ({
    learningRate,
    criticLearningRate = learningRate,
  }: {
    learningRate: Rate;
    criticLearningRate?: Rate | undefined;
  }) => ({
    learningRate,
    criticLearningRate,
  }),
};

export type ActorCriticRate = keyof typeof actorCriticRates.shapes;
