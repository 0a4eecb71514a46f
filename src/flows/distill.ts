import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Conditional } from '../bijectors/bijector.ts';
import type { Distribution } from '../distributions/distribution.ts';
import { compile } from '../engine/compile.ts';
import { clipByGlobalNorm } from '../engine/optimizers.ts';
import { valueAndGradients } from '../engine/valueAndGradients.ts';
import type { Module } from '../module.ts';
import { parseOptions } from '../options/parse.ts';
import type { Rng } from '../random.ts';
import { DivergedError, gradientOptions, LastGoodWeights, rateAt } from '../training/optimization.ts';
import { numbersOf, type Rows } from './fitData.ts';
import type { Flow } from './flow.ts';

/** Draws `size` contexts, rows of `contextDim` numbers. */
type DrawContexts = (rng: Rng, size: number) => Rows;

const distillOptions = z.strictObject({
  ...gradientOptions,
  context: z
    .custom<DrawContexts>((value) => typeof value === 'function', 'a function')
    .optional()
    .describe('draws the contexts of each update, for conditional flows'),
});

/** Options of {@link distill}. */
export type DistillOptions = z.input<typeof distillOptions>;

/** What {@link distill} says of the student. */
export interface DistillReport {
  /** Updates so far. */
  readonly step: number;
  /** The mean of log q − log p over the student's samples since the last report, nats: its KL to the teacher, as it was meanwhile. */
  readonly kl: number;
  /** The standard error of that mean. */
  readonly standardError: number;
  /** The norm of the last gradient, before it was bounded. */
  readonly gradientNorm: number;
  readonly learningRate: number;
}

/** What is learned from: a module that is a distribution of events `[dim]`, given a context of `contextDim` numbers. */
type Teacher = Module &
  Conditional<Pick<Distribution, 'logProb'>> & { readonly dim: number; readonly contextDim: number };

/**
 * Probability density distillation: minimizes KL(q ‖ p) = E_q[log q(x) − log p(x)] from a student q to a teacher p by gradients through
 * the student's samples, as a stream of reports. No data are needed. Leaving the loop stops it; the student keeps what it has learned,
 * and the teacher stays as it is.
 *
 * It goes fast where the student samples and the teacher evaluates in one pass: an {@link iaf} from a {@link maf}. The reverse KL seeks
 * modes: a student may leave out a part of the teacher, which the KL hardly shows.
 *
 * van den Oord et al., "Parallel WaveNet: Fast High-Fidelity Speech Synthesis", arXiv:1711.10433.
 *
 * @param teacher anything with a density, such as a fitted {@link Flow}
 * @throws for an unknown option or one out of range, or a student that does not fit the teacher or whose samples have no gradient
 * @throws {DivergedError} while it runs, if the KL or its gradient is no longer a number; the student has the weights again of the last
 * report after which they still were
 *
 * @example
 * for await (const { step, kl } of distill(student, teacher, { steps: 2000, rng })) console.log(step, kl);
 */
export function distill(
  student: Flow,
  teacher: Teacher,
  options: DistillOptions,
): AsyncGenerator<DistillReport, void, undefined> {
  const settings = parseOptions('distill', distillOptions, options);
  const { dim, contextDim } = student;
  if (teacher.dim !== dim || teacher.contextDim !== contextDim) {
    throw new Error(
      `distill: got ${dim} and ${contextDim}, ` +
        `expected a student of the teacher's dim ${teacher.dim} and contextDim ${teacher.contextDim}`,
    );
  }
  if (contextDim > 0 !== (settings.context !== undefined)) {
    const [got, expected] = contextDim > 0 ? ['none', 'a function'] : ['a function', 'none'];
    throw new Error(`distill: context: got ${got}, expected ${expected} for flows of contextDim ${contextDim}`);
  }
  const isReparameterized = tf.tidy(
    () => student.given(contextDim > 0 ? tf.zeros([1, contextDim]) : undefined).reparameterized,
  );
  if (!isReparameterized)
    throw new Error('distill: got a student whose samples are not reparameterized, expected one whose are');
  return improve(student, teacher, settings);
}

async function* improve(
  student: Flow,
  teacher: Teacher,
  settings: z.output<typeof distillOptions>,
): AsyncGenerator<DistillReport, void, undefined> {
  const { steps, batchSize, maxGradientNorm, reportEvery, context: drawContexts } = settings;
  const { contextDim } = student;
  const rng = { noise: settings.rng.split('noise'), context: settings.rng.split('context') };
  const parameters = student.trainableVariables();
  const optimizer = settings.optimizer(parameters);
  const compiled = compile(
    ({ context, learningRate }: { context: tf.Tensor; learningRate: tf.Tensor }, noise) => {
      const { loss, gaps, gradients } = valueAndGradients(() => {
        const own = student.given(context);
        const { sample, logProb } = own.sampleWithLogProb(noise, contextDim > 0 ? [] : [batchSize]);
        const gaps = tf.sub(logProb, teacher.given(context).logProb(sample));
        return { loss: tf.mean(gaps), gaps };
      }, parameters);
      const clipped = clipByGlobalNorm(gradients, maxGradientNorm);
      optimizer.update(clipped.gradients, learningRate);
      return { loss, gaps, gradientNorm: clipped.norm };
    },
    { name: 'distill/update', state: [student, teacher, optimizer] },
  );
  const update = compiled.onArrays({
    ...(contextDim > 0 && { context: { shape: [batchSize, contextDim] } }),
    learningRate: { shape: [] },
  } as never);
  const contexts = () =>
    drawContexts && { context: numbersOf('distill: context', drawContexts(rng.context, batchSize), contextDim) };
  const lastGood = new LastGoodWeights(student);
  let [count, sum, squares] = [0, 0, 0];
  try {
    for (let step = 1; step <= steps; step++) {
      const learningRate = rateAt('distill: learningRate', settings.learningRate, (step - 1) / steps);
      const results = update({ ...contexts(), learningRate } as never, rng.noise);
      const [loss, gradientNorm] = [results.loss[0]!, results.gradientNorm[0]!];
      const wrong = Object.entries({ 'the KL': loss, 'the norm of the gradient': gradientNorm }).find(
        ([, figure]) => !Number.isFinite(figure),
      );
      if (wrong !== undefined) throw new DivergedError('distill', step, ...wrong, lastGood.restore());
      lastGood.confirm();
      for (const gap of results.gaps) {
        count += 1;
        sum += gap;
        squares += gap * gap;
      }
      if (step % reportEvery !== 0 && step !== steps) continue;
      lastGood.note(step);
      const kl = sum / count;
      const standardError = Math.sqrt(Math.max(0, squares / count - kl * kl) / count);
      [count, sum, squares] = [0, 0, 0];
      yield { step, kl, standardError, gradientNorm, learningRate };
    }
  } finally {
    compiled.dispose();
    optimizer.dispose();
  }
}
