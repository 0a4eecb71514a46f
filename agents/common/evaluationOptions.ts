import { z } from 'zod';

/** How a policy is evaluated while it is trained: options of a training, and of `EvaluatedAgent`. */
export const evaluationOptions = {
  evaluateEvery: z.int().nonnegative().default(0).meta({
    description: 'steps between two evaluations of the policy during its training, at least; 0 for none',
    unit: 'steps',
  }),
  evaluateEpisodes: z.int().positive().default(20).meta({
    description: 'episodes of each evaluation during the training',
    unit: 'episodes',
  }),
  evaluateGreedy: z
    .boolean()
    .default(false)
    .describe('whether evaluations during the training take greedy actions in place of sampled ones'),
  keep: z
    .enum(['last', 'best'])
    .default('last')
    .describe(
      'which policy a training ends with; the last one, or that of the evaluation with the highest mean return',
    ),
  stopAtReturn: z.number().optional().meta({
    description: 'mean return of an evaluation at which the training ends; by default none does',
    unit: 'return',
  }),
};

/** Values of {@link evaluationOptions}. */
export type EvaluationOptions = z.output<z.ZodObject<typeof evaluationOptions>>;

/** @throws if something is asked for that only evaluations tell, and there are none */
export function checkEvaluationOptions({ evaluateEvery, keep, stopAtReturn }: EvaluationOptions): void {
  if (evaluateEvery > 0) return;
  const without = 'without evaluations, expected evaluateEvery > 0 beside it';
  if (keep === 'best') throw new Error(`keep: got "best" ${without}`);
  if (stopAtReturn !== undefined) throw new Error(`stopAtReturn: got ${stopAtReturn} ${without}`);
}
