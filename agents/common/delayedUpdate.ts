import type * as tf from '@tensorflow/tfjs-core';
import { compile, type Module, type Rng } from '../../src/index.ts';

interface DelayedUpdateOptions<Input extends string, Figure extends string> {
  /** As profiles and errors name it: `sac`. */
  readonly name: string;
  /** Of every so many updates one moves the policy, too. */
  readonly delay: number;
  /** Shapes of a minibatch, and of the rates. */
  readonly shapes: Readonly<Record<Input, { readonly shape: number[] }>>;
  /** What the update reads or changes. */
  readonly state: readonly Module[];
  /** What it reads or changes beside that only where the policy is due. */
  readonly policyState: readonly Module[];
  /** @returns figures for the reports */
  readonly improve: (
    batch: Record<Input, tf.Tensor>,
    rng: Rng,
    isPolicyDue: boolean,
  ) => Partial<Record<Figure, tf.Tensor>>;
}

interface DelayedUpdate<Input extends string, Figure extends string> {
  /** To be disposed. */
  readonly compiled: readonly { dispose(): void }[];
  /** @param count which update it is, from 1 */
  readonly update: (
    batch: Readonly<Record<Input, ArrayLike<number> | number>>,
    rng: Rng | undefined,
    count: number,
  ) => Partial<Record<Figure, ArrayLike<number>>>;
}

/** An update of the critics, of which every so many is one of the policy, too: a compiled function for each of the two. */
export function delayedUpdate<Input extends string, Figure extends string>(
  options: DelayedUpdateOptions<Input, Figure>,
): DelayedUpdate<Input, Figure> {
  const { name, delay, shapes, state, policyState, improve } = options;
  const whole = compile(
    (batch: Record<Input, tf.Tensor>, rng) => improve(batch, rng, true) as Record<Figure, tf.Tensor>,
    {
      name: `${name}/update`,
      state: [...state, ...policyState],
    },
  );
  const ofCritics = compile(
    (batch: Record<Input, tf.Tensor>, rng) => improve(batch, rng, false) as Record<Figure, tf.Tensor>,
    { name: `${name}/update-critics`, state },
  );
  const [both, critics] = [whole.onArrays(shapes), ofCritics.onArrays(shapes)];
  return {
    compiled: [whole, ofCritics],
    update: (batch, rng, count) => (count % delay === 0 ? both : critics)(batch, rng),
  };
}
