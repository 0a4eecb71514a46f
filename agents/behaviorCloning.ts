import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { EpisodeSource } from '../datasets/episode.ts';
import {
  Adam,
  type BoxSpace,
  checkPolicy,
  choicesOf,
  clipByGlobalNorm,
  compile,
  type Policy,
  Rng,
  type StateDict,
  valueAndGradients,
} from '../src/index.ts';
import { choice, flag, nonnegative } from '../src/options/fields.ts';
import { parseOptions } from '../src/options/parse.ts';
import { DivergedError, Minibatches, rateAt } from '../src/training/optimization.ts';
import type { AgentState, TrainOptions, TrainReport } from './agent.ts';
import { checkDensity, withArticle } from './core/checks.ts';
import { madeNumbers } from './core/critics.ts';
import { stepSize } from './core/envs.ts';
import { GoalDemonstrations, pairsOf } from './core/goalDemonstrations.ts';
import { ActionMoments, normalizationOptions, observationsOfData, standardize } from './core/normalization.ts';
import { datasetOption } from './core/offline.ts';
import { entropyCoefficient, learningRate, maxGradientNorm, partSchemas, reportEvery } from './core/options.ts';
import { meanEntropy, meanOf } from './core/policyGradient.ts';
import {
  type Column,
  chunkedDemonstrations,
  type Demonstrations,
  type Sequences,
  sequencesFor,
} from './core/sequences.ts';
import { CheckpointedAgent, plainStateDict, scalarsOf, Training, withWeights } from './core/state.ts';

const demonstrations = z
  .custom<Demonstrations>((value) => {
    const { observations, actions } = (value ?? {}) as Partial<Demonstrations>;
    return observations instanceof Float32Array && actions instanceof Float32Array;
  }, 'Float32Arrays of observations and of actions')
  .meta({ type: 'Demonstrations' });

export const behaviorCloningOptions = z.strictObject({
  policy: partSchemas.policy,
  demonstrations: demonstrations
    .optional()
    .describe('pairs of observation and action to learn from; a dataset may take their place'),
  dataset: datasetOption.optional(),
  hindsight: z
    .enum(['none', 'future', 'final'])
    .optional()
    .describe(
      "which goals take the place of those that were desired, of a dataset with goals, drawn anew for each minibatch: what the same episode reached by the step or after it ('future') or last ('final'); none by default",
    ),
  validation: z
    .union([demonstrations, datasetOption], 'Float32Arrays of observations and of actions, or episodes')
    .optional()
    .meta({
      description:
        'pairs, or episodes, that are not trained on; the weights that are best on them are kept; episodes get goals in hindsight once',
      type: 'Demonstrations | EpisodeSource',
    }),
  outside: choice(
    ['refuse', 'clip', 'keep'],
    'refuse',
    "what is done with actions beyond the bounds of the policy's action space; kept, they are learned as they are, which suits a " +
      'policy without a squash',
  ),
  wholeChunks: flag(
    false,
    'of a policy of chunks: whether it learns only chunks that their episode is long enough for, and so nothing of what is done in the last steps alone',
  ),
  batchSize: z.int().positive().optional().meta({
    description:
      'size of a minibatch; by default 256, or all pairs where they are fewer; of a policy with a memory as many sequences as have that many pairs in the mean',
    unit: 'pairs',
  }),
  sequenceLength: z.int().positive().optional().meta({
    description:
      'of a policy with a memory: through how many steps gradients go back, at most; longer episodes are cut; by default 64',
    unit: 'steps',
  }),
  learningRate: learningRate('the policy', 1e-3),
  weightDecay: nonnegative(0, 'λ of AdamW; each update first multiplies the parameters by 1 − learningRate·λ'),
  entropyCoefficient,
  patience: z.int().positive().optional().meta({
    description:
      'reports without a new least loss on the validation pairs after which the training ends; by default never',
    unit: 'reports',
  }),
  normalizeObservations: normalizationOptions.normalizeObservations.describe(
    'whether the policy sees observations brought to mean 0, variance 1 by the demonstrations, or by moments that it brings along',
  ),
  clipObservations: normalizationOptions.clipObservations,
  standardize,
  maxGradientNorm: maxGradientNorm('the gradient', 10),
  reportEvery: reportEvery(100),
});

/** Options of {@link BehaviorCloning}. */
export type BehaviorCloningOptions = z.input<typeof behaviorCloningOptions>;

export interface BehaviorCloningReport extends TrainReport {
  /** Mean negative log-likelihood of the actions since the last report, nats; of a policy without a density its own matching loss. */
  readonly loss: number;
  readonly gradientNorm: number;
  /** The loss on the validation pairs. */
  readonly validationLoss?: number;
  /** The least loss on the validation pairs so far, and its step. */
  readonly best?: { readonly step: number; readonly validationLoss: number };
}

/**
 * Behaviour cloning by maximum likelihood: minimize −E[log π(a | o)] over demonstrated pairs, which is the forward KL from
 * the demonstrators to the policy. A policy with one mode covers the average of two.
 *
 * A policy without a density says itself what it is fitted by, by `matchingLoss`, as a `FlowMatchingPolicy`. Reports and validation
 * have that loss in the likelihood's place; of one to the other nothing can be said.
 *
 * A policy with a memory learns from sequences, each the steps of one episode; one of these that is longer than `sequenceLength` is cut. A piece
 * behind a cut begins with the state that the policy had there when the epoch began.
 *
 * A policy of chunks learns, from each step of an episode, the actions of that step and of those that follow. Where the episode ends before the
 * chunk, `matchingLoss` leaves out what is behind the end. A density cannot: there actions of other steps, drawn at random, have a part in the
 * loss; nothing before the end depends on them. `wholeChunks` leaves such chunks out.
 *
 * With `hindsight` the data are episodes with goals, and the policy learns how to get where they got: goal-conditioned cloning, see
 * `GoalDemonstrations`. The goals of each minibatch are drawn anew.
 *
 * With validation pairs, the loss on them is taken at each report, and when the training ends, is left or diverges, the
 * policy gets the weights of the best report; `patience` ends the training when it has not become less for long.
 *
 * Pomerleau, "ALVINN: An Autonomous Land Vehicle in a Neural Network", 1988.
 */
export class BehaviorCloning extends CheckpointedAgent<BehaviorCloningReport> {
  readonly #options: Parsed;
  readonly #minibatches: Minibatches<Column>;
  /** Of a policy with a memory. */
  readonly #sequences: Sequences | undefined;
  readonly #update;
  readonly #loss;
  readonly #read;
  readonly #states;
  readonly #noise: 'entropy' | 'matching';
  readonly #training: Training<'minibatches' | 'entropy' | 'matching'>;
  /** The weights that were best on the held-out pairs. */
  #best: Best | null = null;
  /** The weights that the training ended with, while the policy has the best ones. */
  #lastWeights: StateDict | undefined;

  /** @throws for an unknown option or one out of range, or if the demonstrations do not fit the policy, hold an action that it cannot take, or fill no batch */
  constructor(options: BehaviorCloningOptions) {
    super('BehaviorCloning');
    this.#options = withPossibleActions(withPairs(parseOptions('BehaviorCloning', behaviorCloningOptions, options)));
    const { policy, validation, maxGradientNorm, weightDecay, entropyCoefficient } = this.#options;
    checkHasLoss(this.#options);
    checkPolicy(policy);
    const isMatched = policy.matchingLoss !== undefined;
    this.#noise = isMatched ? 'matching' : 'entropy';
    this.#training = new Training('BehaviorCloning', ['minibatches', this.#noise]);
    const { observations: observed, actions: demonstrated } = this.#options.demonstrations;
    checkPairs(this.#options, this.#options.demonstrations, 'demonstrations');
    const chunked = chunkedDemonstrations(this.#options, this.#options.demonstrations, 'demonstrations');
    const count = chunked.observations.length / policy.observationDim;
    if (validation !== undefined) {
      checkPairs(this.#options, validation, 'validation');
      chunkedDemonstrations(this.#options, validation, 'validation');
    }
    if (this.#options.wholeChunks && policy.chunk === undefined) {
      throw new Error(
        'BehaviorCloning: wholeChunks: got true for a policy of single actions, expected one with chunk: 4, say',
      );
    }
    const { batchSize = Math.min(256, count) } = this.#options;
    if (this.#options.patience !== undefined && validation === undefined) {
      throw new Error('BehaviorCloning: patience: wanted validation pairs beside it, got none');
    }
    if (count < batchSize) {
      throw new Error(`BehaviorCloning: batchSize: got ${batchSize}, expected at most the ${count} demonstrated pairs`);
    }
    const sequences = sequencesFor(this.#options, batchSize);
    this.#sequences = sequences;
    this.#minibatches =
      sequences?.minibatches ??
      new Minibatches<Column>(
        {
          observations: { values: chunked.observations, width: policy.observationDim },
          actions: { values: chunked.actions, width: policy.actionDim },
          ...(isMatched && chunked.lengths && { lengths: { values: chunked.lengths } }),
        },
        { count, batchSize },
      );
    const moments = ActionMoments.of(policy, this.#options);
    const statistics = observationsOfData(policy, this.#options, moments);
    statistics?.observe(observed);
    statistics?.publish();
    moments?.observe(demonstrated);
    moments?.publish();
    const parameters = policy.trainableVariables();
    const optimizer = new Adam(parameters, { weightDecay });

    const lossOf = isMatched
      ? (batch: Batch, rng: Rng) => matchingLoss(policy, batch, rng)
      : (batch: Batch, rng: Rng) => likelihoodLoss(policy, batch, rng, entropyCoefficient);
    const update = compile(
      ({ learningRate, ...batch }: Batch & { learningRate: tf.Tensor }, rng) => {
        const { reported, gradients } = valueAndGradients(() => {
          const { loss, reported } = lossOf(batch, rng);
          return { loss, reported };
        }, parameters);
        const clipped = clipByGlobalNorm(gradients, maxGradientNorm);
        optimizer.update(clipped.gradients, learningRate);
        return { loss: reported, gradientNorm: clipped.norm };
      },
      { name: 'behavior-cloning/update', state: [policy, optimizer] },
    );
    const shapes = sequences?.shapes ?? {
      observations: { shape: [batchSize, policy.observationDim] },
      actions: { shape: [batchSize, policy.actionDim] },
      ...(isMatched && chunked.lengths && { lengths: { shape: [batchSize] } }),
    };
    this.#update = update.onArrays({ ...shapes, learningRate: { shape: [] } });
    this.#loss = compile(
      (batch: Batch, rng) => {
        const draws = Array.from({ length: isMatched ? MATCHING_DRAWS : 1 }, () => lossOf(batch, rng));
        const losses = draws.map(({ reported }) => reported);
        const { after } = draws[0]!;
        return { loss: losses.length === 1 ? losses[0]! : tf.mean(tf.stack(losses)), ...(after && { after }) };
      },
      { name: 'behavior-cloning/loss', state: [policy] },
    );
    this.#read = sequences && this.#loss.onArrays(sequences.shapes);
    const states = compile(
      ({ observations, state }: { observations: tf.Tensor; state: tf.Tensor }) => ({
        after: policy.unroll(observations, { state }).state!,
      }),
      { name: 'behavior-cloning/states', state: [policy] },
    );
    this.#states =
      sequences && states.onArrays({ observations: sequences.shapes.observations, state: sequences.shapes.state });
    const best = {
      state: () => this.#best,
      setState: (state: Best | null) => {
        this.#best = state;
      },
    };
    this.compiled = [update, this.#loss, states];
    const remembered = sequences?.isCut && { remembered: sequences };
    this.parts = { policy, optimizer, minibatches: this.#minibatches, ...remembered, best, training: this.#training };
  }

  /** @throws {DivergedError} if the loss, its gradient or the loss on the validation pairs is no longer a number */
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<BehaviorCloningReport, void, undefined> {
    const { validation, reportEvery } = this.#options;
    const training = this.#training;
    if (training.begin({ steps, rng })) {
      this.#minibatches.reset();
      this.#best = null;
    }
    this.#lastWeights = undefined;
    const sums = { loss: 0, updates: 0 };
    try {
      while (training.step < steps && !this.#hasStalled()) {
        if (this.#sequences?.isCut && this.#minibatches.isAtEnd) this.#recall(this.#sequences);
        const rows = this.#minibatches.next(training.streams.minibatches);
        const { loss, gradientNorm } = this.#improve(rows, training.step / steps);
        training.step += 1;
        training.updates += 1;
        const { step, updates } = training;
        if (!Number.isFinite(loss)) throw new DivergedError('BehaviorCloning', step, 'the loss', loss);
        if (!Number.isFinite(gradientNorm)) {
          throw new DivergedError('BehaviorCloning', step, 'the norm of the gradient', gradientNorm);
        }
        sums.loss += loss;
        sums.updates += 1;
        if (step % reportEvery !== 0 && step !== steps) continue;
        const report = { step, updates, episodes: [], loss: sums.loss / sums.updates, gradientNorm };
        Object.assign(sums, { loss: 0, updates: 0 });
        yield validation === undefined ? report : { ...report, ...this.#validate(step, validation) };
      }
    } finally {
      this.#takeBest();
    }
  }

  /** With the weights that the training has come to, also where the policy has the best ones: it goes on from there. */
  override state(): AgentState {
    return withWeights(this.#options.policy, this.#lastWeights, () => super.state());
  }

  override setState(state: AgentState): void {
    super.setState(state);
    this.#lastWeights = undefined;
  }

  /**
   * The mean negative log-likelihood of a data set, nats; of a policy without a density its matching loss, by several draws of noise
   * that are the same at each call, so that two values can be compared. A policy with a memory remembers each episode from its beginning on.
   * @throws if it has a memory, or gives chunks, and the pairs have no episodes
   */
  evaluate(pairs: Demonstrations): number {
    const { observationDim, actionDim } = this.#options.policy;
    const { observations, actions, lengths } = chunkedDemonstrations(this.#options, pairs, 'validation');
    if (this.#sequences !== undefined) return this.#lossOf(this.#sequences.like(pairs));
    return tf.tidy(() => {
      const { loss } = this.#loss(
        {
          observations: tf.tensor2d(observations, [observations.length / observationDim, observationDim]),
          actions: tf.tensor2d(actions, [actions.length / actionDim, actionDim]),
          ...(lengths && { lengths: tf.tensor1d(lengths) }),
        },
        new Rng('behavior-cloning/evaluate'),
      );
      return loss.dataSync()[0]!;
    });
  }

  /** Gives each piece of a cut episode the state that the policy now has at its beginning. */
  #recall(sequences: Sequences): void {
    for (const { drawn, batch } of sequences.inOrder()) sequences.carry(drawn, this.#states!(batch).after!);
  }

  /** The mean loss of episodes, each from its beginning on. */
  #lossOf(sequences: Sequences): number {
    const rng = new Rng('behavior-cloning/evaluate');
    let [sum, rows] = [0, 0];
    for (const { drawn, batch, weight } of sequences.inOrder()) {
      const { loss, after } = this.#read!(batch, rng);
      sequences.carry(drawn, after!);
      sum += weight * loss![0]!;
      rows += weight;
    }
    return sum / rows;
  }

  /** Whether the loss on the held-out pairs has not become less for as many reports as `patience` says. */
  #hasStalled(): boolean {
    const { patience = Number.POSITIVE_INFINITY, reportEvery } = this.#options;
    return this.#best !== null && this.#training.step - this.#best.step >= patience * reportEvery;
  }

  /**
   * Takes the loss on the held-out pairs, and keeps the weights if it is the least so far. It is infinite where the policy gives a pair no
   * density, and may become less again.
   * @throws {DivergedError} if it is no longer a number
   */
  #validate(step: number, pairs: Demonstrations): Pick<BehaviorCloningReport, 'validationLoss' | 'best'> {
    const validationLoss = this.evaluate(pairs);
    if (Number.isNaN(validationLoss)) {
      throw new DivergedError('BehaviorCloning', step, 'the loss on the validation pairs', validationLoss);
    }
    if (validationLoss < (this.#best?.validationLoss ?? Number.POSITIVE_INFINITY)) {
      this.#best = { step, validationLoss, weights: plainStateDict(this.#options.policy) };
    }
    if (this.#best === null) return { validationLoss };
    return { validationLoss, best: { step: this.#best.step, validationLoss: this.#best.validationLoss } };
  }

  /** Gives the policy the best weights, if there are some. */
  #takeBest(): void {
    if (this.#best === null) return;
    const { policy } = this.#options;
    this.#lastWeights = plainStateDict(policy);
    policy.loadStateDict(this.#best.weights);
  }

  #improve(rows: Int32Array, progress: number): { loss: number; gradientNorm: number } {
    const learningRate = rateAt('BehaviorCloning: learningRate', this.#options.learningRate, progress);
    const batch = { ...this.#minibatches.gather(rows), learningRate };
    this.#options.goals?.draw(rows, batch.observations, this.#training.streams.minibatches);
    return scalarsOf(this.#update(batch, this.#training.streams[this.#noise]));
  }
}

/** Draws over which a matching loss is averaged where weights are chosen by it: one would choose among near ones by chance. */
const MATCHING_DRAWS = 16;

type Parsed = Omit<z.output<typeof behaviorCloningOptions>, 'validation'> & {
  readonly demonstrations: Demonstrations;
  readonly validation?: Demonstrations | undefined;
  /** What gives the demonstrations other goals. */
  readonly goals?: GoalDemonstrations | undefined;
};

/** The options with the pairs of what are episodes. @throws if there are no pairs to learn from, or of two kinds, or goals cannot be drawn */
function withPairs(options: z.output<typeof behaviorCloningOptions>): Parsed {
  const { policy, demonstrations, dataset, validation: held, hindsight = 'none' } = options;
  if ((demonstrations === undefined) === (dataset === undefined)) {
    const got = dataset === undefined ? 'neither' : 'both';
    throw new Error(`BehaviorCloning: wanted demonstrations or a dataset, got ${got}`);
  }
  if (hindsight === 'none') {
    const pairs = (source: Demonstrations | EpisodeSource) =>
      'actions' in source ? source : pairsOf('BehaviorCloning', policy, source);
    return { ...options, demonstrations: pairs(demonstrations ?? dataset!), validation: held && pairs(held) };
  }
  const got = `BehaviorCloning: hindsight: got '${hindsight}'`;
  if (dataset === undefined) throw new Error(`${got} with demonstrations, expected a dataset in their place`);
  if (policy.memory !== undefined) throw new Error(`${got} for a policy with a memory, expected one without`);
  if (policy.chunk !== undefined) throw new Error(`${got} for a policy of chunks, expected one of single actions`);
  const drawn = (source: EpisodeSource) =>
    new GoalDemonstrations('BehaviorCloning', policy, source, hindsight, new Rng('behavior-cloning/hindsight'));
  const goals = drawn(dataset);
  const validation = held === undefined || 'actions' in held ? held : drawn(held).pairs;
  return { ...options, demonstrations: goals.pairs, validation, goals };
}

/** −E[log π(a | o)] as `reported`, and the loss with the entropy bonus. */
function likelihoodLoss(
  policy: Policy,
  { observations, actions, weights, state }: Batch,
  rng: Rng,
  entropyCoefficient: number,
): Loss {
  const { distribution, state: after } = policy.unroll(observations, state && { state });
  const logProb = distribution.logProb(distribution.unsquash(actions));
  const shares = weights && tf.div(weights, tf.sum(weights));
  const reported = tf.neg(meanOf(logProb, shares));
  if (entropyCoefficient === 0) return { loss: reported, reported, after };
  const entropy = meanEntropy(distribution, logProb, rng, true, shares);
  return { loss: tf.sub(reported, tf.mul(entropyCoefficient, entropy)), reported, after };
}

function matchingLoss(policy: Policy, { observations, actions, weights, state, lengths }: Batch, rng: Rng): Loss {
  if (state === undefined) {
    const loss = policy.matchingLoss!(observations, actions, rng, madeNumbers(policy, lengths));
    return { loss, reported: loss };
  }
  const loss = policy.matchingLoss!(observations, actions, rng, tf.div(weights!, tf.mean(weights!)), { state });
  return { loss, reported: loss, after: policy.unroll(observations, { state }).state };
}

/** What is minimized, what is reported, and what a memory holds after the last step. */
type Loss = { readonly loss: tf.Tensor; readonly reported: tf.Tensor; readonly after?: tf.Tensor | undefined };

/** @throws if the policy has no density and no loss of its own, or an entropy is wanted that it does not know */
function checkHasLoss({ policy, entropyCoefficient }: Parsed): void {
  if (policy.matchingLoss === undefined) return void checkDensity('BehaviorCloning', policy);
  const name = withArticle(policy.constructor.name);
  if (policy.memory !== undefined && policy.matchingLoss.length < 5) {
    throw new Error(
      `BehaviorCloning: policy: got ${name} with a memory, whose matchingLoss takes no weights or no past, expected one that does`,
    );
  }
  if (entropyCoefficient !== 0) {
    throw new Error(
      `BehaviorCloning: entropyCoefficient: got ${entropyCoefficient}, expected 0: ${name} has no density, and its entropy is not known`,
    );
  }
}

/** With `outside: 'clip'` the options with all actions within the policy's bounds. */
function withPossibleActions(options: Parsed): Parsed {
  const bounds = boundsOf(options.policy);
  if (options.outside !== 'clip' || bounds === undefined) return options;
  const actionDim = stepSize(options.policy);
  const clip = (value: number, i: number) => {
    const [low, high] = [bounds.low[i % actionDim]!, bounds.high[i % actionDim]!];
    return Math.min(Math.max(value, low), high);
  };
  const clipped = (pairs: Demonstrations) => ({ ...pairs, actions: pairs.actions.map(clip) });
  const { demonstrations, validation } = options;
  return {
    ...options,
    demonstrations: clipped(demonstrations),
    ...(validation && { validation: clipped(validation) }),
  };
}

/** The bounds of the policy's actions: its own, or those of the space that `makePolicy` made it for. */
function boundsOf({ boundedActions, config }: Policy): BoxSpace | undefined {
  if (boundedActions !== undefined) return boundedActions;
  return config !== undefined && 'low' in config.actionSpace ? config.actionSpace : undefined;
}

type Best = NonNullable<BehaviorCloningReport['best']> & { readonly weights: StateDict };

/** Weights and state are there where the policy has a memory, and lengths where it gives chunks. */
type Batch = {
  observations: tf.Tensor;
  actions: tf.Tensor;
  weights?: tf.Tensor;
  state?: tf.Tensor;
  lengths?: tf.Tensor;
};

function checkPairs({ policy, outside }: Parsed, { observations, actions }: Demonstrations, what: string): void {
  const count = observations.length / policy.observationDim;
  const size = stepSize(policy);
  if (!Number.isInteger(count) || count === 0 || count !== actions.length / size) {
    throw new Error(
      `BehaviorCloning: wanted ${what} as n × ${policy.observationDim} observations and n × ${size} ` +
        `actions, got ${observations.length} and ${actions.length} numbers`,
    );
  }
  for (const [name, values] of Object.entries({ observations, actions })) {
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0)
      throw new Error(`BehaviorCloning: ${what}.${name}[${wrong}] is ${values[wrong]}, expected a finite number`);
  }
  const { wrong, wanted } = firstImpossible(policy, actions, outside) ?? {};
  if (wrong !== undefined) {
    const row = Math.floor(wrong / size);
    throw new Error(
      `BehaviorCloning: ${what}.actions[${wrong}], of pair ${row}, is ${actions[wrong]}, expected ${wanted}`,
    );
  }
}

/** The first number that no action of the policy has, undefined if there is none. */
function firstImpossible(
  policy: Policy,
  actions: Float32Array,
  outside: Parsed['outside'],
): { wrong: number; wanted: string } | undefined {
  const { discreteActions } = policy;
  const actionDim = stepSize(policy);
  if (discreteActions !== undefined) {
    const { nvec, start } = choicesOf(discreteActions);
    const isChoice = (value: number, i: number) => {
      const rank = value - start[i % actionDim]!;
      return Number.isInteger(rank) && rank >= 0 && rank < nvec[i % actionDim]!;
    };
    const wrong = actions.findIndex((value, i) => !isChoice(value, i));
    if (wrong < 0) return undefined;
    const [n, first] = [nvec[wrong % actionDim]!, start[wrong % actionDim]!];
    return { wrong, wanted: `one of the policy's ${n} actions, an integer from ${first} to ${first + n - 1}` };
  }
  // What a policy bins has no density beyond its bounds.
  const bounds = outside === 'keep' ? policy.boundedActions : boundsOf(policy);
  if (bounds === undefined) return undefined;
  const { low, high } = bounds;
  const isOutside = (value: number, i: number) =>
    value < Math.fround(low[i % actionDim]!) || value > Math.fround(high[i % actionDim]!);
  const wrong = actions.findIndex(isOutside);
  if (wrong < 0) return undefined;
  const at = wrong % actionDim;
  return {
    wrong,
    wanted: `a number within the policy's bounds, from ${low[at]} to ${high[at]}, or outside: 'clip' or 'keep'`,
  };
}
