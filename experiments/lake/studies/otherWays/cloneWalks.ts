import * as tf from '@tensorflow/tfjs-core';
import type { JobContext } from '../../../../cli/experiment/experiment.ts';
import { collectDemonstrations, type Demonstrations } from '../../../../envs/index.ts';
import {
  Adam,
  clipByGlobalNorm,
  compile,
  cosineSchedule,
  type Policy,
  type Rng,
  valueAndGradients,
} from '../../../../src/index.ts';
import { DivergedError, Minibatches } from '../../../../src/training/optimization.ts';
import type { LakeConfig } from '../../config.ts';
import { type HiddenNoiseOf, type WalkTensors, walkLikelihood } from './walkLikelihood.ts';
import { hiddenNoise, NOISE, WAYS_LAKE, type WayName } from './ways.ts';

const MAX_GRADIENT_NORM = 10;
const HELD_OUT = 200;
/** Draws of the noise for the likelihood of held-out walks. */
const HELD_OUT_SAMPLES = 64;
const ROWS = 20;

/** Maximum likelihood of whole walks. @returns −log p of held-out walks, nats a step */
export function cloneWalks(
  policy: Policy,
  {
    way,
    settings,
    learningRate: first,
    context,
  }: {
    way: WayName;
    settings: Omit<LakeConfig['otherWays']['cloning'], 'fewNoiseSamples'>;
    /** The first of a cosine. */
    learningRate: number;
    context: JobContext;
  },
): number {
  const { demonstrations, steps, walks, noiseSamples } = settings;
  const { rng, report } = context;
  const training = padded(demonstrate(demonstrations, rng.split('demonstrations')));
  const minibatches = new Minibatches(
    {
      observations: { values: training.observations, width: 2 * training.steps },
      actions: { values: training.actions, width: 2 * training.steps },
      made: { values: training.made, width: training.steps },
    },
    { count: demonstrations, batchSize: walks },
  );
  const redraw = hiddenNoise[way];
  const noiseOf = (samples: number): HiddenNoiseOf | undefined => redraw && { size: NOISE, redraw, samples };
  const optimizer = new Adam(policy.trainableVariables());
  const update = compile(
    ({ learningRate, ...batch }: WalkTensors & Record<'learningRate', tf.Tensor>, noise) => {
      const { loss, gradients } = valueAndGradients(() => {
        const logProb = walkLikelihood(policy, batch, noiseOf(noiseSamples), noise);
        return { loss: tf.neg(tf.div(tf.sum(logProb), tf.sum(batch.made))) };
      }, optimizer.parameters);
      optimizer.update(clipByGlobalNorm(gradients, MAX_GRADIENT_NORM).gradients, learningRate);
      return { loss };
    },
    { name: 'other-ways/clone', state: [policy, optimizer] },
  );
  const step = update.onArrays({
    observations: { shape: [walks, training.steps, 2] },
    actions: { shape: [walks, training.steps, 2] },
    made: { shape: [walks, training.steps] },
    learningRate: { shape: [] },
  });
  const rates = cosineSchedule(first);
  const [order, noise] = [rng.split('minibatches'), rng.split('noise')];
  let sum = 0;
  const every = Math.max(1, Math.floor(steps / ROWS));
  for (let i = 1; i <= steps; i++) {
    const batch = minibatches.gather(minibatches.next(order));
    const { loss } = step({ ...batch, learningRate: rates((i - 1) / steps) }, noise);
    if (!Number.isFinite(loss[0])) throw new DivergedError('cloneWalks', i, 'the loss', loss[0]!);
    sum += loss[0]!;
    if (i % every !== 0) continue;
    report((0.8 * i) / steps, { step: i, loss: sum / every });
    sum = 0;
  }
  const heldOut = padded(demonstrate(HELD_OUT, rng.split('validation')));
  const logProb = compile(
    (batch: WalkTensors, stream) => ({
      loss: tf.neg(
        tf.div(tf.sum(walkLikelihood(policy, batch, noiseOf(HELD_OUT_SAMPLES), stream)), tf.sum(batch.made)),
      ),
    }),
    { name: 'other-ways/held-out', state: [policy] },
  );
  const loss = logProb.onArrays({
    observations: { shape: [HELD_OUT, heldOut.steps, 2] },
    actions: { shape: [HELD_OUT, heldOut.steps, 2] },
    made: { shape: [HELD_OUT, heldOut.steps] },
  });
  const { observations, actions, made } = heldOut;
  const validationLoss = loss({ observations, actions, made }, rng.split('held-out noise')).loss[0]!;
  for (const part of [update, logProb, optimizer]) part.dispose();
  return validationLoss;
}

function demonstrate(episodes: number, rng: Rng): Demonstrations {
  return collectDemonstrations({ envId: WAYS_LAKE, episodes, rng });
}

/** Walks one after another, each with zeros up to the length of the longest. */
export function padded({ episodes, observations, actions }: Demonstrations) {
  const steps = Math.max(...episodes.map(({ length }) => length));
  const count = episodes.length;
  const walks = {
    steps,
    observations: new Float32Array(count * steps * 2),
    actions: new Float32Array(count * steps * 2),
    made: new Float32Array(count * steps),
  };
  episodes.forEach(({ offset, length }, i) => {
    const [from, to] = [2 * offset, 2 * (offset + length)];
    walks.observations.set(observations.subarray(from, to), 2 * i * steps);
    walks.actions.set(actions.subarray(from, to), 2 * i * steps);
    walks.made.fill(1, i * steps, i * steps + length);
  });
  return walks;
}
