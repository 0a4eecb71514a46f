import {
  type DensityPolicyName,
  densityPolicyNames,
  type HeadingPolicy,
  headingPolicies,
  type PpoSettings,
  policyCost,
  SOFT_LAKE,
  type SoftPpoSettings,
} from '../../agents/lake.ts';
import { type Conclusion, concludeClauses } from '../../cli/experiment/conclusion.ts';
import { defineExperiment, type Job, type SummaryRow } from '../../cli/experiment/experiment.ts';
import { selectRuntime } from '../../cli/experiment/selectRuntime.ts';
import { selectBackend, selectEngine } from '../../src/index.ts';
import { softSacSeconds } from '../lake/headings/softSacTraining.ts';
import { conditionLabel } from '../lake/shared/conditionLabel.ts';
import { softPpoSeconds } from '../lake/tuned.ts';
import { arrivalEndpoints, describeArrivals } from '../lake/walks/arrival.ts';
import { ppoJob } from '../lake/walks/ppoJob.ts';
import { arrivalClauses, arrivalPrediction, arrivalQuestion } from './arrivalClauses.ts';
import { choices, type EndpointsConfig, endpointsSchema, FLOORS } from './config.ts';
import { floorJob } from './floorJob.ts';
import { regretClauses, regretPrediction, regretQuestion } from './regretClauses.ts';
import { regretAnswer, regretEndpoints } from './regretSummary.ts';
import {
  arrivalSection,
  arrivalTables,
  floorTables,
  regretSection,
  regretTables,
  rowsOf,
  searchSection,
} from './sections.ts';
import { softRegretJob, softSettings } from './softRegretJob.ts';
import { floorKey, softStudyOf, temperatures } from './softStudies.ts';
import { tuning } from './tuning.ts';

type EndpointsJob = Job & { readonly policy: DensityPolicyName };

/** E0 and E2 anew, by the endpoints that were chosen after the lake's first run, on seeds that it did not have. */
export const endpoints = defineExperiment<EndpointsConfig, EndpointsJob>({
  name: 'endpoints',
  description:
    'PPO on the stride lake, and soft regret at three temperatures: endpoints chosen before their run, on new seeds.',
  schema: endpointsSchema,
  choices,
  steps: { arrival: 'ppo.steps' },
  presets: {
    quick: {
      seeds: [1000, 1001],
      policies: ['gaussian', 'spline'],
      studies: ['arrival', 'soft-ppo-0.1', FLOORS],
      ppo: { steps: 61_440 },
      soft: { steps: 40_960 },
      floors: { cells: 16, points: 90, updates: 100 },
    },
  },

  timed: true,

  runtime: selectRuntime,

  jobs: (config) => config.studies.flatMap((study) => jobsOf(study, config)),

  async runJob({ study, policy, condition }, config, context) {
    await selectBackend();
    await selectEngine(config.engine);
    const soft = softStudyOf(study);
    if (soft !== undefined) return softRegretJob({ policy: policy as HeadingPolicy, study: soft }, config, context);
    if (study === FLOORS) {
      const temperature = temperatures.find((each) => floorKey(each) === condition)!;
      return floorJob({ policy: policy as HeadingPolicy, temperature }, config, context);
    }
    return ppoJob({ env: SOFT_LAKE, policy, settings: arrivalSettings(config, policy) }, config, context);
  },

  conditionLabel,

  tuning,

  tables: (summary) => [...arrivalTables(summary), ...regretTables(summary), ...floorTables(summary)],

  conclusions(_outcomes, summary, { studies }) {
    const arrival = rowsOf(summary, 'arrival');
    const soft = softRows(summary);
    return {
      ...(studies.includes('arrival') && {
        E0: conclude(
          { question: arrivalQuestion, prediction: arrivalPrediction },
          arrival,
          describeArrivals(arrival, 'On the stride lake, '),
          arrivalEndpoints(arrival, { where: 'stride lake', chosen: 'before the run' }),
          arrivalClauses(arrival),
        ),
      }),
      ...(studies.some((study) => study !== 'arrival') && {
        E2: conclude(
          { question: regretQuestion, prediction: regretPrediction },
          soft,
          regretAnswer(summary),
          regretEndpoints(summary),
          regretClauses(summary),
        ),
      }),
    };
  },

  headline: 'Do flows keep up where everything is seen, and how near do they come to a soft optimum?',

  report: (outcomes, summary, config) => [
    ...arrivalSection(outcomes, summary),
    ...regretSection(summary, config),
    ...searchSection(config),
  ],
});

/** The jobs of a study; of the floors one for each class and temperature, whatever the seeds. */
function jobsOf(study: EndpointsConfig['studies'][number], config: EndpointsConfig): EndpointsJob[] {
  const env = SOFT_LAKE;
  if (!config.environments.includes(env)) return [];
  const of = <P extends DensityPolicyName>(policies: readonly P[]) =>
    policies.filter((policy) => config.policies.includes(policy));
  if (study === FLOORS) {
    const seed = config.seeds[0]!;
    return temperatures.flatMap((temperature) =>
      of(headingPolicies).map((policy) => {
        const condition = floorKey(temperature);
        const id = `${study}/${env}/${condition}/${policy}/seed-${seed}`;
        return { id, study, env, condition, policy, seed, weight: floorSeconds(config.floors) };
      }),
    );
  }
  const soft = softStudyOf(study);
  const seconds = (policy: DensityPolicyName): number => {
    if (soft === undefined) {
      return (policyCost[policy] * config.ppo.steps * arrivalSettings(config, policy).epochs) / 2e5;
    }
    if (soft.learner === 'SAC') return 2 + softSacSeconds(config.soft.sacSteps);
    const settings = softSettings(config, soft, policy as HeadingPolicy) as SoftPpoSettings;
    return 2 + softPpoSeconds(settings, config.soft.steps);
  };
  return of<DensityPolicyName>(soft === undefined ? densityPolicyNames : headingPolicies).flatMap((policy) =>
    config.seeds.map((seed) => ({
      id: `${study}/${env}/${policy}/seed-${seed}`,
      ...{ study, env, policy, seed },
      weight: seconds(policy),
    })),
  );
}

/** Seconds of a floor, on a quiet core. */
function floorSeconds({ cells, points, updates, rounds }: EndpointsConfig['floors']): number {
  return 1 + 6e-7 * cells * cells * points * updates * rounds;
}

function arrivalSettings({ tuned }: Pick<EndpointsConfig, 'tuned'>, policy: DensityPolicyName): PpoSettings {
  return tuned.arrival![SOFT_LAKE]![policy] as unknown as PpoSettings;
}

function softRows(summary: readonly SummaryRow[]): SummaryRow[] {
  return summary.filter(({ study }) => softStudyOf(study) !== undefined);
}

/** A conclusion by the fewest seeds of the classes that have some. */
function conclude(
  { question, prediction }: Pick<Conclusion, 'question' | 'prediction'>,
  rows: readonly SummaryRow[],
  answer: Conclusion['answer'],
  own: readonly (NonNullable<Conclusion['endpoints']>[number] | undefined)[],
  clauses: Parameters<typeof concludeClauses>[1],
): Conclusion {
  const seeds = rows
    .filter(({ metric }) => metric === 'homeRate')
    .map(({ perSeed }) => perSeed.filter((value) => value !== null).length)
    .filter((count) => count > 0);
  const endpointsOf = own.filter((each) => each !== undefined);
  const asked = { question, prediction, ...(answer && { answer }), endpoints: endpointsOf };
  return concludeClauses(asked, clauses, seeds.length === 0 ? 0 : Math.min(...seeds));
}
