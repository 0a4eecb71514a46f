import type { Answer, SummaryRow } from '../../cli/experiment/experiment.ts';
import { groupBy, withInterval } from '../../cli/experiment/summarize.ts';
import { trueMinus } from '../../cli/experiment/text.ts';
import { policyBars } from '../../cli/report/answers.ts';
import { plainEnv } from '../shared/report.ts';
import { conditionLabel, methodLabel, methodsOf } from './config.ts';

const number = (score: number): string => trueMinus((100 * score).toFixed(1));
const UNIT = '\u00a0%';

/** What is compared in each study: every flow, exact or by flow matching, the Gaussians and the mixtures. */
const KINDS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  cloning: [['realnvp', 'spline', 'flow-matching'], ['gaussian', 'regression'], ['mixture']],
  offline: [
    ['iql-realnvp', 'iql-spline', 'fql', 'nf-rlbc-spline', 'best-of-flow-matching'],
    ['td3-bc', 'iql-gaussian', 'nf-rlbc-gaussian', 'best-of-gaussian'],
    ['iql-mixture'],
  ],
};

/** Where the action is one number an affine flow is a Gaussian, and no flow to compare with one. */
const isCompared = (env: string, policy: string): boolean => env !== 'Pendulum-v1' || !policy.endsWith('realnvp');

/**
 * On each dataset the best flow, the best Gaussian and the best mixture, by normalized scores.
 * @param summary rows of all metrics
 */
export function answerOf(summary: readonly SummaryRow[]): Answer | undefined {
  const scores = summary.filter((row) => row.metric === 'score' && row.iqm !== null && row.condition !== undefined);
  const datasets = groupBy(scores, ({ study, env, condition }) => JSON.stringify([study, env, condition]));
  const compared = [...datasets.values()].flatMap((own) => {
    const { study, env, condition } = own[0]!;
    const best = KINDS[study]!.flatMap((policies) => {
      const among = own.filter(({ policy }) => policies.includes(policy) && isCompared(env, policy));
      return among.length === 0 ? [] : [bestOf(among)];
    });
    if (best.length < 2) return [];
    const where = `${study === 'cloning' ? 'cloning ' : ''}${conditionLabel(condition!)}, ${plainEnv(env)}`;
    const text = best.map((row) => `${methodLabel(row.policy)} ${withInterval(row, number, UNIT)}`).join(', ');
    return [{ own, study, where, text: `${where}: ${text}.` }];
  });
  const [first] = compared;
  if (first === undefined) return undefined;
  return {
    text: `The best flow, Gaussian and mixture (0${UNIT} is random, 100${UNIT} the expert). ${compared.map(({ text }) => text).join(' ')}`,
    chart: {
      caption: `normalized score, sampled or greedy, ${first.where}`,
      most: 1,
      bars: policyBars(first.own, {
        policies: methodsOf(first.study),
        format: (score) => `${number(score)}${UNIT}`,
        label: methodLabel,
      }),
    },
  };
}

/** The one with the highest score, of those that have one for every seed if there are such: where a training diverged the others flatter it. */
function bestOf(rows: readonly SummaryRow[]): SummaryRow {
  const whole = rows.filter(({ perSeed }) => !perSeed.includes(null));
  return (whole.length > 0 ? whole : rows).reduce((a, b) => (b.iqm! > a.iqm! ? b : a));
}
