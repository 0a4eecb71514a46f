import type { Answer, SummaryRow, Table } from '../../cli/experiment/experiment.ts';
import { withInterval } from '../../cli/experiment/summarize.ts';
import {
  densityPolicyNames,
  type HeadingPolicy,
  headingPolicies,
  SOFT_LAKE,
  type SoftPpoSettings,
} from '../../common/lake.ts';
import { gridJobs, seedsFigure } from '../shared/study.ts';
import type { LakeConfig } from './config.ts';
import { classAnswer, classRows, conditionLabel, contrast, nats, policyLabel, shareColumn } from './labels.ts';
import { floorJob, type RegretCondition, regretJob, regretSettings } from './regretJob.ts';
import { softSacSeconds } from './softTrainings.ts';
import { type LakeJob, type LakeStudy, tableOf } from './study.ts';
import { softPpoSeconds } from './tuned.ts';

/** Temperatures that settings were searched at. */
const TEMPERATURES = [0.02, 0.05, 0.1] as const;
const CONDITIONS: readonly RegretCondition[] = (['PPO', 'SAC'] as const).flatMap((learner) =>
  TEMPERATURES.map((temperature) => ({
    key: `${learner.toLowerCase()}-tau-${temperature}`,
    learner,
    temperature,
  })),
);
const FLOORS = TEMPERATURES.map((temperature) => ({ key: `floor-tau-${temperature}`, temperature }));

/** The conditions of a run: SAC only where it has steps. */
function conditionsOf({ soft: { sac } }: LakeConfig): RegretCondition[] {
  return CONDITIONS.filter(({ learner }) => learner === 'PPO' || sac.steps > 0);
}

/** E2 anew: soft regret along a policy's own walks, by an endpoint that was chosen before the run. */
export const regret: LakeStudy = {
  name: 'regret',
  title: 'Soft regret',
  question:
    'How near does each policy class come to the soft optimum along its own walks, with settings of its own at each temperature?',
  /** Fixed on 2026-11-27, before any run, and not changed since. */
  prediction:
    'Spline and mixture of six within 0.05 nats a step of their floors at τ ≥ 0.05; the Gaussian’s floor itself ≥ 0.5',
  endpoint:
    'soft regret over τ along the policy’s own walks at the highest temperature, nats a step (chosen before the run)',

  jobs(config) {
    const common = { study: 'regret', environments: [SOFT_LAKE], policies: headingPolicies } as const;
    const trainings = conditionsOf(config).flatMap((condition) =>
      gridJobs<LakeJob>(config, {
        ...common,
        conditions: [condition.key],
        weight: ({ policy }) =>
          2 +
          (condition.learner === 'SAC'
            ? softSacSeconds(config.soft.sac.steps)
            : softPpoSeconds(regretSettings(condition, policy) as SoftPpoSettings, config.soft.lake.steps)),
      }),
    );
    const { cells, points, updates, rounds } = config.anew.floors;
    const weight = () => 1 + 6e-7 * cells * cells * points * updates * rounds;
    const floors = gridJobs<LakeJob>(config, { ...common, conditions: FLOORS.map(({ key }) => key), weight });
    // Floors are the same for all seeds.
    return [...trainings, ...floors.filter(({ seed }) => seed === config.seeds[0])];
  },

  runJob({ policy, condition: key }, config, context) {
    const condition = CONDITIONS.find((each) => each.key === key);
    if (condition !== undefined) return regretJob({ policy: policy as HeadingPolicy, condition }, config, context);
    const { temperature } = FLOORS.find((each) => each.key === key)!;
    return floorJob({ policy: policy as HeadingPolicy, temperature }, config, context);
  },

  tables: (rows) => [
    ...floorTable(rows),
    ...CONDITIONS.flatMap(({ key }) =>
      tableOf(
        `The soft lake, ${conditionLabel(key)}`,
        rows.filter(({ condition }) => condition === key),
        [
          { metric: 'softRegret', label: 'soft regret', format: nats },
          { metric: 'natsAStep', label: 'nats a step', format: nats },
          { metric: 'steps', label: 'steps', format: (value) => value.toFixed(1) },
          { metric: 'unfinished', label: 'out of time', ...shareColumn },
          { metric: 'modeEntropy', label: 'entropy of the bank, nats', format: nats },
          { metric: 'homeRate', label: 'home', ...shareColumn },
        ],
      ),
    ),
  ],

  answer: ({ rows }) => regretAnswer(rows),

  section: ({ rows }, { soft: { lake }, anew: { measuredWalks, floors } }) => ({
    paragraphs: [
      'What a policy loses of the soft return by not being the soft optimum is τ E[Σₜ KL(π ‖ π*)] along its own walks: an identity, by which each ' +
        `KL is measured at every step of ${measuredWalks} walks, by quadrature on ${lake.points} headings against the optimum on a grid of ` +
        `${lake.cells} × ${lake.cells} cells. Nats a step are that over τ and the mean number of steps. Settings were searched at each temperature and for each ` +
        'algorithm, with as many trials for each class.',
      'A floor is the least that a class can lose, were its network to give any member of it at each state: by projection onto the optimum, and then by policy iteration in the class, since a ' +
        `step that is far from the optimum may lead where the next ones are near; on a grid of ${floors.cells} × ${floors.cells} cells. The spline’s is that of three splines of ` +
        '16 bins. Floors are found by a search, so that a class may do a little better still.',
    ],
    figures: CONDITIONS.flatMap(({ key }) => {
      const own = classRows(rows, { metric: 'natsAStep', condition: key });
      if (own.length === 0) return [];
      const what = `Soft regret over τ, nats a step, ${conditionLabel(key)}`;
      return [seedsFigure(`regret-${key}`, what, own, { x: 'nats a step', policies: densityPolicyNames })];
    }),
  }),
};

/** The warmest condition that has a Gaussian and another class, the one with the smallest demand on the training. */
function warmest(rows: readonly SummaryRow[]): RegretCondition | undefined {
  return CONDITIONS.filter(({ key }) => contrast(classRows(rows, { metric: 'natsAStep', condition: key })))
    .toSorted((a, b) => b.temperature - a.temperature)
    .at(0);
}

function regretAnswer(rows: readonly SummaryRow[]): Answer | undefined {
  const condition = warmest(rows);
  if (condition === undefined) return undefined;
  const { key, temperature } = condition;
  const where = conditionLabel(key);
  const leastOf = (policy: string) => floorOf(rows, { policy, temperature, metric: 'natsAStep' });
  return classAnswer(classRows(rows, { metric: 'natsAStep', condition: key }), {
    format: nats,
    caption: `nats a step from the soft optimum, ${where}`,
    told(gaussian, other, label) {
      const [least, leastOfOther] = [leastOf(gaussian.policy), leastOf(other.policy)];
      const floors =
        least === undefined || leastOfOther === undefined
          ? ''
          : ` The best of their classes are ${nats(least)} and ${nats(leastOfOther)} from it.`;
      return (
        `Along its own walks a Gaussian is ${withInterval(gaussian, nats)} nats a step from the soft optimum (${where}), ` +
        `a ${label} ${withInterval(other, nats)}.${floors}`
      );
    },
  });
}

/** The floor of a class at a temperature, in a metric of the floors' jobs; undefined where the run does not have it. */
export function floorOf(
  rows: readonly SummaryRow[],
  { policy, temperature, metric }: { policy: string; temperature: number; metric: string },
): number | undefined {
  const { key } = FLOORS.find((each) => each.temperature === temperature)!;
  const row = rows.find((each) => each.condition === key && each.policy === policy && each.metric === metric);
  return row?.perSeed.find((value) => value !== null) ?? undefined;
}

/** What classes can do at best. */
function floorTable(rows: readonly SummaryRow[]): Table[] {
  const cells = TEMPERATURES.flatMap((temperature) =>
    headingPolicies.flatMap((policy) => {
      const of = (metric: string) => floorOf(rows, { policy, temperature, metric });
      const [softRegret, natsAStep, steps, ofProjection] = ['softRegret', 'natsAStep', 'steps', 'ofProjection'].map(of);
      if (softRegret === undefined) return [];
      const numbers = [nats(softRegret), nats(natsAStep!), steps!.toFixed(1), nats(ofProjection!)];
      return [[String(temperature), policyLabel(policy), ...numbers]];
    }),
  );
  if (cells.length === 0) return [];
  return [
    {
      title: 'Computed: the floor of each class, the best that it can do at any size',
      columns: ['τ', 'class', 'soft regret', 'nats a step', 'steps', 'of the projection'],
      rows: cells,
    },
  ];
}
