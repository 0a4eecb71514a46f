import { z } from 'zod';
import { commonShape, engineSetting, type Job, type JobContext } from '../cli/experiment/experiment.ts';
import { policyBars } from '../cli/report/answers.ts';
import { describeBest, metricTable } from '../cli/report/table.ts';
import { BANANA, BANANA_STANDARD, bananaLogDensity, drawBanana, standardized } from '../common/planeDensities.ts';
import { type Flow, maf, mlpFlow, neuralSplineFlow, type Rng, realNvp } from '../src/index.ts';
import { logProbs } from './shared/logProbs.ts';
import { counted } from './shared/settings.ts';
import { defineStudy, gridJobs, seedsFigure } from './shared/study.ts';

const choices = {
  studies: ['banana'],
  policies: ['mlp', 'realnvp', 'maf', 'spline'],
  environments: ['banana'],
} as const;

type Family = (typeof choices.policies)[number];

const schema = z.strictObject({
  ...commonShape(choices, { seeds: 5 }),
  engine: engineSetting('auto'),
  steps: counted(40_000, 'length of a fit', 'updates', 10_000_000),
  batchSize: counted(512, 'fresh draws of an update', 'draws'),
  learningRate: z.number().positive().default(1e-3).describe('learning rate of Adam'),
  heldOut: counted(10_000, 'draws by which the best weights are chosen', 'draws'),
  test: counted(100_000, 'draws by which they are judged', 'draws'),
});

type Config = z.infer<typeof schema>;

/** The tutorial's loss: its mean from step 50,000 on. */
const TUTORIAL = 4.469;
const REPORTS = 100;
/** Relative cost of an update of each family. */
const COST: Record<Family, number> = { mlp: 1, realnvp: 6, maf: 8, spline: 12 };

type BananaJob = Job & { readonly policy: Family };

/** The flows tutorial's own example: its multilayer perceptron beside what came after it. */
export const banana = defineStudy<Config, BananaJob>({
  name: 'banana',
  headline: 'How does the flows tutorial’s MLP flow compare with newer families?',
  description: 'The density of the normalizing flows tutorial: its MLP flow beside RealNVP, MAF and splines.',
  schema,
  choices,
  steps: { banana: 'steps' },
  presets: { quick: { seeds: [0], steps: 6000, test: 20_000 } },

  jobs: (config) =>
    gridJobs<BananaJob>(config, {
      study: 'banana',
      folder: ({ policy }) => `banana/${policy}`,
      weight: ({ policy }) => COST[policy],
    }),

  runJob: async ({ policy }, config, context) => ({ metrics: await fitFamily(policy, config, context) }),

  tables: (summary) => [
    metricTable('Banana', summary, [
      { metric: 'nll', label: '−log p, nats', format: (value) => value.toFixed(3) },
      { metric: 'nllAboveFloor', label: 'above the floor, nats', format: (value) => value.toFixed(4) },
      { metric: 'stepsToTutorial', label: 'updates to the tutorial’s 4.469', format: (value) => value.toFixed(0) },
    ]),
  ],

  answer(summary) {
    const rows = summary.filter(({ metric }) => metric === 'nllAboveFloor');
    const format = (value: number) => `${value.toFixed(3)}\u00a0nats`;
    const text = describeBest(rows, { better: 'lower', label: 'Nearest to the floor', format });
    if (text === undefined) return undefined;
    const bars = policyBars(rows, { policies: choices.policies, format });
    return { text, chart: { caption: 'nats above the floor on test data', bars } };
  },

  report: (_outcomes, summary) => [
    {
      title: 'Likelihood',
      paragraphs: [
        'The data are x₂ ~ N(0, 4²) and x₁ ~ N(x₂²/4, 1), a fresh batch each step. Their entropy, ' +
          `${BANANA.entropy.toFixed(4)} nats, is the floor: no model has a lower mean −log p. The best Gaussian has ${BANANA.gaussian.toFixed(3)}.`,
        'The tutorial reports one run of its multilayer perceptron with batches of 512 and Adam at 0.001: 6.10 nats after 20,000 steps, ' +
          `${TUTORIAL} in the mean from step 50,000 to 90,000. A PReLU’s log-determinant jumps at its kink, and the gradient of each log-density by ` +
          'itself does not see what a moving kink gains or loses by that; so learned, most starts end at the Gaussian. Here the jump has a gradient.',
      ],
      figures: [
        seedsFigure(
          'floor',
          'Nats above the floor on test data',
          summary.filter(({ metric }) => metric === 'nllAboveFloor'),
          { x: 'nats above the floor', policies: choices.policies },
        ),
      ],
    },
  ],
});

/**
 * A family at its size here. The multilayer perceptron is the tutorial's and sees the data as they are; the others, whose layers are made for
 * numbers near 1, through their mean and standard deviation.
 */
export function makeFlow(family: Family, rng: Rng): Flow {
  const sizes = { dim: 2, hidden: [32, 32], rng };
  switch (family) {
    case 'mlp':
      return mlpFlow({ dim: 2, rng });
    case 'realnvp':
      return standardized(realNvp({ ...sizes, layers: 4 }), BANANA_STANDARD);
    case 'maf':
      return standardized(maf({ ...sizes, layers: 4 }), BANANA_STANDARD);
    case 'spline':
      return standardized(neuralSplineFlow({ ...sizes, layers: 2, bound: BANANA_STANDARD.bound }), BANANA_STANDARD);
  }
}

/** Fits one family by maximum likelihood on fresh draws. */
async function fitFamily(family: Family, config: Config, { rng, report }: JobContext) {
  const { steps, batchSize, learningRate } = config;
  const flow = makeFlow(family, rng.split('flow'));
  let reached: number | null = null;
  const heldOut = drawBanana(rng.split('heldOut'), config.heldOut);
  for await (const { step, loss, heldOutLoss } of flow.fit((stream, size) => drawBanana(stream, size), {
    steps,
    batchSize,
    learningRate,
    heldOut,
    reportEvery: Math.max(1, Math.round(steps / REPORTS)),
    rng: rng.split('fit'),
    // The tutorial's flow sees the data as they are; the others are made for their units.
    standardize: false,
  })) {
    if (reached === null && heldOutLoss! <= TUTORIAL) reached = step;
    report((0.9 * step) / steps, { step, loss, heldOutLoss: heldOutLoss! }, `${heldOutLoss!.toFixed(3)} nats`);
  }
  const judged = judge(flow, drawBanana(rng.split('test'), config.test), batchSize);
  flow.dispose();
  return { ...judged, stepsToTutorial: reached };
}

/** Mean −log p over the test draws, and less the true density's on the same draws: an estimate of the KL divergence. */
function judge(flow: Flow, test: Float32Array, batchSize: number): { nll: number; nllAboveFloor: number } {
  const total = batchSize * Math.floor(test.length / 2 / batchSize);
  let [model, truth] = [0, 0];
  logProbs(flow, test.subarray(0, 2 * total), batchSize).forEach((logProb, i) => {
    model -= logProb;
    truth -= bananaLogDensity(test[2 * i]!, test[2 * i + 1]!);
  });
  return { nll: model / total, nllAboveFloor: (model - truth) / total };
}
