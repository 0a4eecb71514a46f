import { groupBy } from '../../cli/experiment/collections.ts';
import type { Criteria, Criterion } from '../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../cli/experiment/experiment.ts';
import { equivalentRows } from '../shared/equivalentRows.ts';
import { leadingRows } from '../shared/leadingRows.ts';
import { plainEnv } from '../shared/plainEnv.ts';
import { conditionLabel } from './conditionLabel.ts';
import { ifWhole } from './ifWhole.ts';
import { methodLabel } from './methodLabel.ts';
import { methodsOf } from './methods.ts';
import { flowsOf } from './whenNotNeeded.ts';

export const question =
  'Which policies and agents make the most of data that were made before: where one expert acts, where two disagree, where good episodes stand among bad ones?';

/**
 * Fixed on 2026-11-27, and not changed since; the bounds of "equivalent", "as good as" and "best" on 2026-11-28, and that "any flow" is each of the
 * study and not those of IQL alone on 2026-11-29. All of it is older than any run of this experiment, and younger than trials of a prototype and
 * `npm run bench:offline`, which have the same agents on the same tasks.
 */
export const prediction =
  'One expert: all classes are equivalent. Two experts: the sampled Gaussian loses ≥ 15 % to the spline; exact flow and flow matching are equivalent ' +
  'within 5 %. Offline, on mixed data and on uneven banks: IQL’s greedy Gaussian is as good as any flow; FQL is best on mixed data. (Normalized scores: ' +
  '0 is random, 100 % the expert; equivalent and as good as: within 5 %)';

/** The difference that does not matter, of a normalized score. */
const SAME = 0.05;
/** What the sampled Gaussian loses where two experts disagree. */
const LOSS = 0.15;

const percent = (score: number): string => `${(100 * score).toFixed(1)} %`;

/** How each class of the cloning study acts where it is compared: by samples, but for the one that has none. */
const actsBy = (policy: string): string => (policy === 'regression' ? 'greedy' : 'sampled');

/**
 * The prediction, clause by clause, for each environment that the run has. Cloned classes are compared by samples, since that is where they differ;
 * regression acts by its mean. Offline, IQL's greedy Gaussian stands against every flow, whatever agent it learns by, by the better of samples and
 * greedy actions, seed by seed, which is in their favour, and so does FQL against all others.
 * @param summary rows of all metrics
 */
export function clausesOf(summary: readonly SummaryRow[]): Criteria {
  const measured = summary.filter(({ iqm }) => iqm !== null);
  return [
    ...each(measured, 'cloning', 'expert', oneExpert),
    ...each(measured, 'cloning', 'two-experts', twoExperts),
    ...each(measured, 'offline', 'mixed', asGoodAsFlows),
    ...each(measured, 'offline', 'uneven', asGoodAsFlows),
    ...each(measured, 'offline', 'mixed', bestByFql),
  ];
}

/** Finds a row of one environment and condition. */
type Find = (policy: string, metric: string) => SummaryRow | undefined;

function each(
  rows: readonly SummaryRow[],
  study: string,
  condition: string,
  claims: (find: Find, env: string, data: string) => Criteria,
): Criteria {
  const own = rows.filter((row) => row.study === study && row.condition === condition);
  return [...groupBy(own, ({ env }) => env)].flatMap(([env, ofEnv]) =>
    claims(
      (policy, metric) => ofEnv.find((row) => row.policy === policy && row.metric === metric),
      plainEnv(env),
      conditionLabel(condition),
    ),
  );
}

function oneExpert(find: Find, env: string): Criteria {
  return ['mixture', 'realnvp', 'spline', 'flow-matching', 'regression'].map((policy) =>
    equivalent(find(policy, actsBy(policy)), find('gaussian', 'sampled'), {
      label: `one expert, ${env}, ${methodLabel(policy)} − ${methodLabel('gaussian')}`,
      bound: SAME,
      format: percent,
    }),
  );
}

function twoExperts(find: Find, env: string): Criteria {
  return [
    leading(find('spline', 'sampled'), find('gaussian', 'sampled'), {
      label: `two experts, ${env}, ${methodLabel('spline')} − ${methodLabel('gaussian')}`,
      lead: LOSS,
      format: percent,
    }),
    ...['spline', 'realnvp'].map((policy) =>
      equivalent(find(policy, 'sampled'), find('flow-matching', 'sampled'), {
        label: `two experts, ${env}, ${methodLabel(policy)} − ${methodLabel('flow-matching')}`,
        bound: SAME,
        format: percent,
      }),
    ),
  ];
}

function asGoodAsFlows(find: Find, env: string, data: string): Criteria {
  return flowsOf('offline').map((policy) =>
    leading(find('iql-gaussian', 'greedy'), find(policy, 'score'), {
      label: `${data}, ${env}, ${methodLabel('iql-gaussian')} (greedy) − ${methodLabel(policy)}`,
      lead: -SAME,
      format: percent,
    }),
  );
}

/** One claim: FQL is ahead of every other. It does not hold where one is surely not behind it. */
function bestByFql(find: Find, env: string): Criteria {
  const fql = find('fql', 'score');
  const others = methodsOf('offline').filter((policy) => policy !== 'fql');
  const leads = others.flatMap((policy): Criterion[] => {
    const criterion = leading(fql, find(policy, 'score'), { label: methodLabel(policy), lead: 0, format: percent });
    return criterion === undefined ? [] : [criterion];
  });
  if (leads.length === 0) return [undefined];
  const missed = leads.filter(({ holds }) => holds === false);
  const open = leads.filter(({ holds }) => holds === undefined);
  const text = [missed, open, leads.filter(({ holds }) => holds === true)]
    .flatMap((side, i) =>
      side.map((lead) => `${lead.text.replace(/, predicted .*$/, '')}${[' (ahead of FQL)', ' (open)', ''][i]}`),
    )
    .join('; ');
  return [
    {
      text: `FQL is best on mixed data, ${env}; FQL less the others: ${text}`,
      holds: missed.length > 0 ? false : open.length > 0 ? undefined : true,
    },
  ];
}

const equivalent = (...[a, b, options]: Parameters<typeof equivalentRows>) =>
  ifWhole(equivalentRows(a, b, options), [a, b]);
const leading = (...[a, b, options]: Parameters<typeof leadingRows>) => ifWhole(leadingRows(a, b, options), [a, b]);
