import type * as tf from '@tensorflow/tfjs-core';
import type { Tensors } from '../../src/engine/compile.ts';
import { compile, type Module, type Rng } from '../../src/index.ts';

interface DelayedUpdateOptions<Batch extends Tensors, Figure extends string> {
  /** As profiles and errors name it: `sac`. */
  readonly name: string;
  /** One in so many updates moves the policy, too. */
  readonly delay: number;
  /** Shapes of a minibatch, and of the rates. */
  readonly shapes: { readonly [Input in keyof Batch]: { readonly shape: number[] } };
  /** What the update reads or changes. */
  readonly state: readonly Module[];
  /** What it reads or changes beside that only where the policy is due. */
  readonly policyState: readonly Module[];
  /** @returns figures for the reports, and the errors of the rows where they have weights */
  readonly improve: (batch: Batch, rng: Rng, isPolicyDue: boolean) => Partial<Record<Figure | 'errors', tf.Tensor>>;
}

interface DelayedUpdate<Batch extends Tensors, Figure extends string> {
  /** To be disposed. */
  readonly compiled: readonly { dispose(): void }[];
  /** @param count which update it is, from 1 */
  readonly update: (
    batch: { readonly [Input in keyof Batch]: ArrayLike<number> | number },
    rng: Rng | undefined,
    count: number,
  ) => Partial<Record<Figure | 'errors', ArrayLike<number>>>;
}

/** An update of the critics, of which every so many is one of the policy, too: a compiled function for each of the two. */
export function delayedUpdate<Batch extends Tensors, Figure extends string>(
  options: DelayedUpdateOptions<Batch, Figure>,
): DelayedUpdate<Batch, Figure> {
  const { name, delay, shapes, state, policyState, improve } = options;
  const whole = compile((batch: Batch, rng) => improve(batch, rng, true) as Record<Figure | 'errors', tf.Tensor>, {
    name: `${name}/update`,
    state: [...state, ...policyState],
  });
  const ofCritics = compile((batch: Batch, rng) => improve(batch, rng, false) as Record<Figure | 'errors', tf.Tensor>, {
    name: `${name}/update-critics`,
    state,
  });
  const [both, critics] = [whole.onArrays(shapes), ofCritics.onArrays(shapes)];
  return {
    compiled: [whole, ofCritics],
    update: (batch, rng, count) => (count % delay === 0 ? both : critics)(batch, rng),
  };
}
