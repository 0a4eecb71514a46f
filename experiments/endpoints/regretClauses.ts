import { bounded, type Criteria, type Criterion } from '../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../cli/experiment/experiment.ts';
import { interquartileInterval } from '../../cli/statistics/bootstrap.ts';
import { conditionLabel } from '../lake/shared/conditionLabel.ts';
import { nats } from '../lake/shared/formats.ts';
import { FLOORS } from './config.ts';
import { floorKey, type SoftStudy, softStudies, temperatures } from './softStudies.ts';

export const regretQuestion =
  'How near does each policy class come to the soft optimum along its own walks, with settings of its own at each temperature?';

/** Fixed on 2026-11-27, before any run, and not changed since. */
export const regretPrediction =
  'Spline and mixture of six within 0.05 nats a step of their floors at τ ≥ 0.05; the Gaussian’s floor itself ≥ 0.5';

/** From here on the prediction speaks of. */
const WARM = 0.05;
/** How far above its floor a class may be, nats a step. */
export const NEAR = 0.05;
/** What the Gaussian cannot do without, nats a step. */
const OF_GAUSSIAN = 0.5;
const NEAR_CLASSES = ['spline', 'mixture'] as const;

/** The floor of a class at a temperature, in a metric of the floors' jobs; undefined where the run does not have it. */
export function floorOf(
  rows: readonly SummaryRow[],
  { policy, temperature, metric }: { policy: string; temperature: number; metric: string },
): number | undefined {
  const row = rows.find(
    (each) =>
      each.study === FLOORS &&
      each.policy === policy &&
      each.condition === floorKey(temperature) &&
      each.metric === metric,
  );
  return row?.perSeed.find((value) => value !== null) ?? undefined;
}

/**
 * How far above its floor a class is in each seed, nats a step: its soft regret less the floor's, over τ and the mean number of steps of its own
 * walks. Undefined where the run does not have both.
 */
export function aboveFloor(rows: readonly SummaryRow[], study: SoftStudy, policy: string): SummaryRow | undefined {
  const of = (metric: string) =>
    rows.find((row) => row.study === study.name && row.policy === policy && row.metric === metric);
  const [regret, steps] = [of('softRegret'), of('steps')];
  const floor = floorOf(rows, { policy, temperature: study.temperature, metric: 'softRegret' });
  if (regret === undefined || steps === undefined || floor === undefined) return undefined;
  const perSeed = regret.perSeed.map((value, seed) => {
    const own = steps.perSeed[seed] ?? null;
    return value === null || own === null ? null : (value - floor) / (study.temperature * own);
  });
  const measured = perSeed.filter((value) => value !== null);
  return { ...regret, metric: 'aboveFloor', ...interquartileInterval(measured), perSeed };
}

/** The claims about the soft regret. */
export function regretClauses(rows: readonly SummaryRow[]): Criteria {
  return [
    ...softStudies
      .filter(({ temperature }) => temperature >= WARM)
      .flatMap((study) =>
        NEAR_CLASSES.map((policy) =>
          bounded(aboveFloor(rows, study, policy), {
            label: `${policy}, ${study.learner}, ${conditionLabel(floorKey(study.temperature))}, nats a step above its floor`,
            atMost: NEAR,
            format: nats,
          }),
        ),
      ),
    ...temperatures.filter((temperature) => temperature >= WARM).map((temperature) => gaussianFloor(rows, temperature)),
  ];
}

/** A claim about what is computed: no seed has a part in it. */
function gaussianFloor(rows: readonly SummaryRow[], temperature: number): Criterion | undefined {
  const floor = floorOf(rows, { policy: 'gaussian', temperature, metric: 'natsAStep' });
  if (floor === undefined) return undefined;
  return {
    text: `gaussian, ${conditionLabel(floorKey(temperature))}, its floor: ${nats(floor)} nats a step, predicted at least ${nats(OF_GAUSSIAN)}`,
    holds: floor >= OF_GAUSSIAN,
    note: 'computed, without any seed',
  };
}
