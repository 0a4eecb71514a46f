import { policyColours } from '../../envs/drawing/palette.ts';
import type { Figure, Outcome, Section, SummaryRow } from '../harness/experiment.ts';
import { describeBest } from '../harness/report/describeBest.ts';
import { inkLegend } from '../harness/report/inkImage.ts';
import { intervalChart } from '../harness/report/intervalChart.ts';
import { learningCurves } from '../harness/report/learningCurves.ts';
import { typicalOutcome } from '../harness/report/typicalOutcome.ts';
import { type TrialsFile, tuningSection } from '../harness/tuning/tuningSection.ts';
import { choices, type LakeConfig } from './config.ts';
import { densityFigure } from './densityFigure.ts';
import type { LakeData } from './finishJob.ts';
import { lakeFigure, walksLegend } from './lakeFigure.ts';
import { readTrials } from './tuned.ts';
import { tuning } from './tuning.ts';
import type { Walk } from './walks.ts';

type Study = LakeConfig['studies'][number];
type Env = LakeConfig['environments'][number];

const GRAIN: Record<Env, string> = {
  'Lake-v0': 'fine lake, strides of 0.15',
  'LakeStride-v0': 'stride lake, strides of 1.3',
};

/** What each study asks and how it is measured; what came of it is computed. */
const STUDIES = {
  cloning: {
    title: 'Cloning demonstrators who use both banks',
    text:
      'Scripted walks, half of them round each bank, are cloned by maximum likelihood. At the start the two halves disagree. A ' +
      'Gaussian has one mode and fits their average, which points at the water; a policy with several modes can keep both ways.',
    metric: {
      name: 'drownRate',
      label: 'drowned',
      what: 'share of walks that drown',
      best: 'Fewest drowned',
      better: 'lower',
    },
    curve: { field: 'validationLoss', x: 'updates', y: 'held-out −log π, nats' },
  },
  ppo: {
    title: 'PPO from scratch',
    text:
      'The lake is fully observed, so a deterministic policy is among the best, and a Gaussian that moves its mean and shrinks its ' +
      'scale can be one. A less used bank of 0 % says that a policy has committed to one side.',
    metric: {
      name: 'homeRate',
      label: 'home',
      what: 'share of walks that get home',
      best: 'Most get home',
      better: 'higher',
    },
    curve: { field: 'return', x: 'environment steps', y: 'return of an episode' },
  },
} as const satisfies Record<Study, object>;

/** Walks drawn of a policy: more would hide each other. */
const DRAWN_WALKS = 40;

const percent = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`;

/** The parts of the lake's report: for each study and environment the walks, the densities at the start, the curves, the metrics. */
export function sections(
  outcomes: readonly Outcome[],
  summary: readonly SummaryRow[],
  config: LakeConfig,
): readonly Section[] {
  const studies = config.studies.map((study) => {
    const { title, text } = STUDIES[study];
    const own = outcomes.filter(({ job }) => job.study === study);
    const environments = config.environments.filter((env) => own.some(({ job }) => job.env === env));
    return {
      title,
      paragraphs:
        study === 'cloning' && config.cloning.steps !== undefined ? [text, sameSteps(config.cloning.steps)] : [text],
      sections: environments.map((env) => ({
        title: `The ${GRAIN[env]}`,
        ...environmentSection(
          study,
          env,
          own.filter(({ job }) => job.env === env),
          summary.filter((row) => row.study === study && row.env === env),
        ),
      })),
    };
  });
  return [...studies, ...config.studies.map((study) => tuningSection(trialsOf(study, config), tuning, config.tuned))];
}

const sameSteps = (steps: number): string => `All policies have ${steps} updates here, whatever their settings say.`;

/** The trials of a study, of the environments and policies of the run. */
function trialsOf(study: Study, { environments, policies }: LakeConfig): TrialsFile {
  const file = readTrials(study);
  const trials = {
    [study]: pick(file.trials[study]!, environments, (own) => pick(own, policies, (ofPolicy) => ofPolicy)),
  };
  return { ...file, trials };
}

function pick<T, U>(
  record: Readonly<Record<string, T>>,
  keys: readonly string[],
  map: (value: T) => U,
): Record<string, U> {
  return Object.fromEntries(
    Object.entries(record).flatMap(([key, value]) => (keys.includes(key) ? [[key, map(value)]] : [])),
  );
}

function environmentSection(
  study: Study,
  env: Env,
  outcomes: readonly Outcome[],
  summary: readonly SummaryRow[],
): Pick<Section, 'paragraphs' | 'figures'> {
  const { metric, curve } = STUDIES[study];
  const { domain, range } = policyColours(choices.policies);
  const shown = domain.flatMap((policy, i) => {
    const own = outcomes.filter(({ job }) => job.policy === policy);
    if (own.length === 0) return [];
    const { job, result } = typicalOutcome(own, { metric: metric.name, better: metric.better });
    const note = `seed ${job.seed}: ${percent(result.metrics[metric.name] ?? 0)} ${metric.label}`;
    return [{ title: policy, note, colour: range[i]!, data: result.data as LakeData }];
  });
  const which = `Each policy is shown with the seed that has its median ${metric.what} (of an even number, the worse of the two in the middle)`;
  const rows = (name: string) => summary.filter((row) => row.metric === name);
  const verdict = describeBest(rows(metric.name), { better: metric.better, label: metric.best, format: percent });
  const drawn = Math.max(0, ...shown.map(({ data }) => Math.min(DRAWN_WALKS, data.walks.length)));
  const name = (what: string) => `${study}-${env}-${what}`;
  const figures: Figure[] = [
    {
      name: name('walks'),
      caption: `${drawn} sampled walks of each policy. Positions in lengths; the lake has radius 0.7. ${which}.`,
      legend: walksLegend,
      panels: shown.map(({ data, ...panel }) => {
        const walks = data.walks.slice(0, DRAWN_WALKS);
        const alt = `${panel.title}, ${panel.note}. ${describeWalks(walks)}.`;
        return { ...panel, alt, spec: lakeFigure(walks, panel.colour) };
      }),
    },
    {
      name: name('density'),
      caption:
        'The density of the first velocity, π(v | start), of the same seeds. Dashed: full speed (faster velocities are slowed to it). ' +
        'Blue wedge: directions that lead into the water.',
      legend: inkLegend,
      panels: shown.map(({ data, ...panel }) => ({
        ...panel,
        alt: `Density of the first velocity of ${panel.title}, ${panel.note}.`,
        spec: densityFigure(data.density),
      })),
    },
    {
      name: name('training'),
      caption: 'Training: interquartile mean over the seeds, in a band of its 95 % interval.',
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
      name: name('drowned'),
      caption: 'Drowned, share of walks with sampled actions: interquartile mean, 95 % interval, a tick a seed.',
      spec: intervalChart(rows('drownRate'), { x: 'drowned', format: '%', policies: choices.policies }),
    },
    {
      name: name('balance'),
      caption: 'Mode balance: the share of the less used bank among walks that get home; 50 % is even.',
      spec: intervalChart(rows('modeBalance'), {
        x: 'less used bank',
        format: '%',
        domain: [0, 0.5],
        policies: choices.policies,
      }),
    },
  ];
  const paragraphs = [verdict, study === 'ppo' ? describeArrival(outcomes) : undefined].filter(
    (text) => text !== undefined,
  );
  return { paragraphs, figures };
}

/** The share of walks that must get home for a seed to count as one that has learned the way. */
const ARRIVED = 0.9;

/** How many seeds have learned the way home, which have not, and what those do instead. */
function describeArrival(outcomes: readonly Outcome[]): string {
  const lost = outcomes.filter(({ result }) => (result.metrics.homeRate ?? 0) < ARRIVED);
  const count = `${outcomes.length - lost.length} of ${outcomes.length} seeds bring at least ${100 * ARRIVED} % of their walks home`;
  if (lost.length === 0) return `${count}.`;
  const seeds = lost.map(({ job, result: { metrics }, rows }) => {
    const [home, drowned] = [metrics.homeRate ?? 0, metrics.drownRate ?? 0];
    const returns = rows.flatMap((row) => (typeof row.return === 'number' ? [row.return] : []));
    const best = returns.length === 0 ? '' : `; best rollout in training ${Math.max(...returns).toFixed(2)}`;
    return `${job.policy}, seed ${job.seed} (home ${percent(home)}, drowned ${percent(drowned)}, out of time ${percent(1 - home - drowned)}${best})`;
  });
  return (
    `${count}. The others: ${seeds.join('; ')}. Standing still returns −0.3 and drowning less than −1: a policy that learns to keep ` +
    'out of the water before one of its walks has found home gets no other reward, and learns nothing more.'
  );
}

function describeWalks(walks: readonly Walk[]): string {
  const count = (outcome: Walk['outcome'], bank?: Walk['bank']) =>
    walks.filter((walk) => walk.outcome === outcome && (bank === undefined || walk.bank === bank)).length;
  return (
    `Of ${walks.length} walks ${count('home', 'upper')} get home by the upper bank, ${count('home', 'lower')} by the lower, ` +
    `${count('drowned')} drown, ${count('timeout')} run out of time`
  );
}
