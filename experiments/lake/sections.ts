import type { Figure, Job, Outcome, Section, SummaryRow } from '../harness/experiment.ts';
import { intervalChart } from '../harness/report/intervalChart.ts';
import { learningCurves } from '../harness/report/learningCurves.ts';
import { choices, type LakeConfig } from './config.ts';
import { densityFigure } from './densityFigure.ts';
import type { LakeData } from './finishJob.ts';
import { lakeFigure } from './lakeFigure.ts';

const GRAIN = { 'Lake-v0': 'fine lake, strides of 0.15', 'LakeStride-v0': 'stride lake, strides of 1.3' } as const;

const TEXT = {
  cloning: [
    'A thousand scripted walks, half of them round each bank, are cloned by maximum likelihood. At the start the two ' +
      'halves disagree. A Gaussian has one mode and fits their average, which points at the water; a policy that can ' +
      'hold two modes keeps both ways. Affine couplings (realnvp) split two narrow modes less cleanly than splines do.',
  ],
  ppo: [
    'PPO from scratch, without an entropy bonus. The lake is fully observed, so the best policy is deterministic, and a ' +
      'Gaussian that may move its mean and shrink its scale can commit to one bank. No advantage in return is expected ' +
      'of a flow here. A less used bank of 0 % says that a policy has committed to one side.',
  ],
} as const;

/** The parts of the lake's report: for each study the walks, the densities at the start, the curves, the metrics. */
export function sections(
  outcomes: readonly Outcome[],
  summary: readonly SummaryRow[],
  config: LakeConfig,
): readonly Section[] {
  return config.studies.map((study) => {
    const own = outcomes.filter(({ job }) => job.study === study);
    const environments = config.environments.filter((env) => own.some(({ job }) => job.env === env));
    return {
      title: study === 'cloning' ? 'Cloning demonstrators who use both banks' : 'PPO from scratch',
      paragraphs: TEXT[study],
      figures: environments.flatMap((env) => {
        const here = own.filter(({ job }) => job.env === env);
        return figuresOf(study, env, here, summary);
      }),
    };
  });
}

function figuresOf(
  study: LakeConfig['studies'][number],
  env: LakeConfig['environments'][number],
  outcomes: readonly Outcome[],
  summary: readonly SummaryRow[],
): Figure[] {
  const grain = GRAIN[env];
  const firsts = firstOfEachPolicy(outcomes);
  const data = (outcome: Outcome): LakeData => outcome.result.data as LakeData;
  const seed = firsts[0]?.job.seed;
  const metric = (name: string) =>
    summary.filter((row) => row.study === study && row.env === env && row.metric === name);
  const curve =
    study === 'cloning'
      ? { field: 'validationLoss', x: 'updates', y: 'held-out negative log-likelihood, nats' }
      : { field: 'return', x: 'environment steps', y: 'mean return of the episodes of a rollout' };
  return [
    {
      wide: true,
      caption:
        `Sampled walks on the ${grain}: ${firsts.length === 0 ? 0 : data(firsts[0]!).walks.length} of each policy, seed ` +
        `${seed}. Positions in lengths; the lake has radius 0.7. Blue: home by the upper bank, yellow: by the lower one, red ` +
        'crosses: drowned.',
      spec: lakeFigure(
        firsts.map((outcome) => ({ title: outcome.job.policy, walks: data(outcome).walks })),
        firsts.length,
      ),
    },
    {
      wide: true,
      caption:
        `The density of the first velocity, π(v | start), on the ${grain}, seed ${seed}. Dashed: full speed (faster ` +
        'velocities are slowed to it). Blue wedge: directions that lead into the water.',
      spec: densityFigure(
        firsts.map((outcome) => ({ title: outcome.job.policy, density: data(outcome).density })),
        firsts.length,
      ),
    },
    {
      caption: `Training on the ${grain}: interquartile mean over the seeds, with its 95 % interval.`,
      spec: learningCurves(
        outcomes.flatMap(({ job, rows }) =>
          rows
            .filter((row) => typeof row[curve.field] === 'number')
            .map((row) => ({
              policy: job.policy,
              seed: job.seed,
              step: row.step as number,
              value: row[curve.field] as number,
            })),
        ),
        { x: curve.x, y: curve.y, policies: choices.policies },
      ),
    },
    {
      caption: `Drowned on the ${grain}, share of walks with sampled actions: interquartile mean, 95 % interval, seeds.`,
      spec: intervalChart(metric('drownRate'), { x: 'drowned', format: '.0%', policies: choices.policies }),
    },
    {
      caption: `Mode balance on the ${grain}: the share of the less used bank among walks that get home; 50 % is even.`,
      spec: intervalChart(metric('modeBalance'), {
        x: 'less used bank',
        format: '.0%',
        domain: [0, 0.5],
        policies: choices.policies,
      }),
    },
  ];
}

/** One outcome for each policy, in the order of the choices: that of its first seed. */
function firstOfEachPolicy(outcomes: readonly Outcome<Job>[]): Outcome[] {
  return choices.policies.flatMap((policy) => {
    const own = outcomes.filter(({ job }) => job.policy === policy);
    return own.length === 0
      ? []
      : [own.reduce((first, outcome) => (outcome.job.seed < first.job.seed ? outcome : first))];
  });
}
