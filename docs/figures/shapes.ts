/** What the shape of a policy buys, from the stored runs: walks by ways, success by chunks, return by how far the policy is from a Gaussian. */
import type { TopLevelSpec } from 'vega-lite';
import type { Layer } from '../../cli/report/charts.ts';
import { renderSvg } from '../../cli/report/figure.ts';
import { policyColours, themeColour } from '../../envs/drawing/palette.ts';
import { componentsOf, productPolicies } from '../../experiments/products/config.ts';
import { robots } from '../../experiments/shapes/config.ts';
import { aggregates } from '../../experiments/shapes/shapes.ts';
import { average, mean, measure, type RowOf, rowsOf } from '../../scripts/storedRuns.ts';
import type { DocsFigure } from './figures.ts';

/** Where a line of a class stands, and its name, beside its end. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly policy: string;
}

/** Pixels of a plot; texts are large enough for a phone, which shows two thirds of them. */
const SIZE = { width: 290, height: 230 } as const;
const TEXT = 14;
const AXIS = { labelFontSize: TEXT, titleFontSize: TEXT } as const;
const SHARE = { ...AXIS, format: '%', tickCount: 5, domain: false, ticks: false } as const;

/** A line for each class, with its name at its end. @param nudge pixels by which a name is moved down, where two would meet */
function lines(places: readonly Place[], x: Layer['encoding'], y: string, nudge: Readonly<Record<string, number>>) {
  const present = Object.entries(NAMES).filter(([name]) => places.some(({ policy }) => policy === name));
  const colours = policyColours(Object.keys(NAMES));
  const domain = present.map(([policy]) => policy);
  const range = domain.map((policy) => colours.range[colours.domain.indexOf(policy)]!);
  const last = Math.max(...places.map((place) => place.x));
  const spec: TopLevelSpec = {
    data: { values: [...places] },
    ...SIZE,
    encoding: {
      ...x,
      y: { field: 'y', type: 'quantitative', title: y, scale: { domain: [0, 1] }, axis: SHARE },
      color: { field: 'policy', type: 'nominal', scale: { domain, range }, legend: null },
    },
    layer: [
      { mark: { type: 'line', strokeWidth: 2.5, point: { size: 36, filled: true, opacity: 1 } } },
      ...present.map(
        ([policy, name]): Layer => ({
          transform: [{ filter: `datum.policy === '${policy}' && datum.x === ${last}` }],
          mark: { type: 'text', align: 'left', dx: 9, dy: nudge[policy] ?? 0, fontSize: TEXT },
          encoding: { text: { value: name } },
        }),
      ),
    ],
  };
  return renderSvg(spec, 'page');
}

const NAMES: Readonly<Record<string, string>> = {
  gaussian: 'Gaussian',
  mixture: 'best single mixture',
  spline: 'spline flow',
  'autoregressive-mixture': 'autoregressive mixture',
  'flow-matching': 'flow matching',
  'mixture-8': 'mixture of 8',
};

export const manyWays: DocsFigure = {
  label:
    'Walks that drown by the number of lakes walked at once, one to eight: the Gaussian rises from 39 to 98 %, the best mixture from 1 to 95 %, flow matching from 2 to 56 %, the spline flow from 1 to 10 %, the autoregressive mixture from 1 to 7 %',
  draw() {
    const of = (lakes: number) =>
      measure('products', { study: 'products', condition: `k-${lakes}`, metric: 'drownRate' });
    const mixtures = productPolicies.filter((policy) => componentsOf(policy) !== undefined);
    const least = (row: RowOf) => Math.min(...mixtures.flatMap((policy) => row(policy) ?? []).map(mean));
    const classes = ['gaussian', 'mixture', 'flow-matching-10', 'spline', 'autoregressive-mixture'];
    const places = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((x) =>
      classes.map((policy): Place => {
        const y = policy === 'mixture' ? least(of(x)) : mean(of(x)(policy)!);
        return { x, y, policy: policy.replace('-10', '') };
      }),
    );
    const x = { field: 'x', type: 'quantitative', title: 'lakes walked at once, k: 2ᵏ ways' } as const;
    const axis = { ...AXIS, tickCount: 8, grid: false };
    return lines(places, { x: { ...x, scale: { domain: [1, 8] }, axis } }, 'walks that drown', {
      gaussian: -7,
      mixture: 7,
      'autoregressive-mixture': 8,
      spline: -6,
    });
  },
};

export const chunks: DocsFigure = {
  label:
    'Success past six cylinders by actions in a chunk, one to sixteen: a mixture of eight stays between 55 and 69 %, an autoregressive mixture falls from 69 to 38 %, the spline flow from 67 to 15 %, flow matching from 37 to 18 %, the Gaussian from 56 to 3 %',
  draw() {
    const classes = ['mixture-8', 'autoregressive-mixture', 'spline', 'flow-matching', 'gaussian'];
    const places = [1, 4, 8, 16].flatMap((x) => {
      const success = measure('avoiding', { study: 'avoiding', condition: `chunk-${x}`, metric: 'success' });
      return classes.map((policy): Place => ({ x, y: mean(success(policy)!), policy }));
    });
    const x = { field: 'x', type: 'quantitative', title: 'actions in a chunk' } as const;
    const axis = { ...AXIS, values: [1, 4, 8, 12, 16], grid: false };
    return lines(places, { x: { ...x, scale: { domain: [1, 16] }, axis } }, 'episodes that succeed', {
      'flow-matching': -7,
      spline: 7,
    });
  },
};

export const shapeUsed: DocsFigure = {
  label:
    'Return beside the Gaussian by negentropy, over six robots: by PPO a spline near a Gaussian is level, and the farther it is the less it returns, down to 17 % less without a head; by SAC it is 0.23 nats away and 3 % ahead, within chance',
  draw() {
    const natsOf = (study: string, policy: string) =>
      average(robots.map((env) => mean(measure('shapes', { study, env, metric: 'negentropy' })(policy)!)));
    const values = aggregates(rowsOf('shapes')).map(({ study, policy, difference, interval: { low, high } }) => ({
      ...{ study, policy, nats: natsOf(study, policy), difference, low, high },
      label: `${study.toUpperCase()}, ${ARMS[policy]!.name}`,
    }));
    const y = { type: 'quantitative', title: 'return beside the Gaussian', axis: SHARE } as const;
    const spec: TopLevelSpec = {
      data: { values },
      ...SIZE,
      encoding: {
        x: {
          field: 'nats',
          type: 'quantitative',
          title: 'negentropy, nats: 0 is a Gaussian',
          scale: { type: 'log', domain: [0.0005, 3] },
          axis: { ...AXIS, values: [0.001, 0.01, 0.1, 1], format: '~g', grid: false },
        },
        color: {
          field: 'study',
          type: 'nominal',
          scale: { domain: ['ppo', 'sac'], range: [themeColour('ink'), themeColour('policy-4')] },
          legend: null,
        },
      },
      layer: [
        {
          // What does not matter, as it was fixed.
          data: { values: [{}] },
          mark: { type: 'rect' },
          encoding: {
            x: { value: 0 },
            x2: { value: SIZE.width },
            y: { datum: -0.05 },
            y2: { datum: 0.05 },
            color: { value: themeColour('line') },
          },
        },
        {
          mark: { type: 'rule', strokeWidth: 2.5, opacity: 0.5 },
          encoding: { y: { field: 'low', ...y }, y2: { field: 'high' } },
        },
        { mark: { type: 'point', filled: true, size: 80, opacity: 1 }, encoding: { y: { field: 'difference', ...y } } },
        ...values.map(({ policy, study }): Layer => {
          const { dx, dy } = study === 'sac' ? { dx: 9, dy: 0 } : ARMS[policy]!;
          return {
            transform: [{ filter: `datum.policy === '${policy}' && datum.study === '${study}'` }],
            mark: { type: 'text', align: dx > 0 ? 'left' : 'right', dx, dy, fontSize: TEXT },
            encoding: { y: { field: 'difference', ...y }, text: { field: 'label' } },
          };
        }),
      ],
    };
    return renderSvg(spec, 'page');
  },
};

/** How the policies are called, and where from their dots, pixels. */
const ARMS: Readonly<Record<string, { name: string; dx: number; dy: number }>> = {
  spline: { name: 'spline', dx: 9, dy: -12 },
  'spline-3': { name: 'shape at 3', dx: -9, dy: 12 },
  'spline-30': { name: 'shape at 30', dx: 9, dy: 0 },
  'spline-bare': { name: 'without a head', dx: 9, dy: 0 },
};
