import type { Answer, Endpoint } from '../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../cli/experiment/experiment.ts';
import { withInterval } from '../../cli/experiment/summarize.ts';
import { answerBars } from '../lake/shared/answerBars.ts';
import { classEndpoint } from '../lake/shared/classEndpoint.ts';
import { classRows, contrast } from '../lake/shared/classRows.ts';
import { conditionLabel } from '../lake/shared/conditionLabel.ts';
import { nats } from '../lake/shared/formats.ts';
import { policyLabel } from '../lake/shared/policyLabel.ts';
import { aboveFloor, floorOf, NEAR } from './regretClauses.ts';
import { floorKey, type SoftStudy, softStudies } from './softStudies.ts';

/** Where a study is in words: `by PPO, τ = 0.1`. */
export function whereOf({ learner, temperature }: SoftStudy): string {
  return `by ${learner}, ${conditionLabel(floorKey(temperature))}`;
}

/** What a study measures, one row for each class. */
function regrets(rows: readonly SummaryRow[], study: SoftStudy): SummaryRow[] {
  return classRows(
    rows.filter((row) => row.study === study.name),
    { metric: 'natsAStep' },
  );
}

/** The soft regret of each class in each study, in nats a step, above the floor of the class. */
export function regretEndpoints(rows: readonly SummaryRow[]): (Endpoint | undefined)[] {
  return softStudies.map((study) =>
    classEndpoint(
      {
        measure: `soft regret over τ along the policy’s own walks, nats a step, ${whereOf(study)}`,
        chosen: 'before the run',
        format: nats,
        failure: `it is more than ${NEAR} above its floor`,
      },
      regrets(rows, study),
      ({ policy }) => {
        const above = aboveFloor(rows, study, policy);
        return above && { row: above, when: (own) => own > NEAR };
      },
      ({ policy }) => floorOf(rows, { policy, temperature: study.temperature, metric: 'natsAStep' }),
    ),
  );
}

/** What came of the warmest study that the run has, the one with the smallest demand on the training; undefined without a Gaussian or another class. */
export function regretAnswer(rows: readonly SummaryRow[]): Answer | undefined {
  const [study] = softStudies
    .filter((each) => contrast(regrets(rows, each)) !== undefined)
    .sort((a, b) => b.temperature - a.temperature);
  if (study === undefined) return undefined;
  const own = regrets(rows, study);
  const { gaussian, other } = contrast(own)!;
  const [ofGaussian, ofOther] = [gaussian, other].map(({ policy }) =>
    floorOf(rows, { policy, temperature: study.temperature, metric: 'natsAStep' }),
  );
  const floors =
    ofGaussian === undefined || ofOther === undefined
      ? ''
      : ` The best of their classes are ${nats(ofGaussian)} and ${nats(ofOther)} from it.`;
  return {
    text:
      `Along its own walks a Gaussian is ${withInterval(gaussian, nats)} nats a step from the soft optimum (${whereOf(study)}), ` +
      `a ${policyLabel(other.policy)} ${withInterval(other, nats)}.${floors}`,
    chart: { caption: `nats a step from the soft optimum, ${whereOf(study)}`, bars: answerBars(own, nats) },
  };
}
