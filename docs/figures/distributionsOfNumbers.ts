import * as tf from '@tensorflow/tfjs-core';
import { themeColour } from '../../envs/drawing/palette.ts';
import {
  Beta,
  Cauchy,
  type Distribution,
  Exponential,
  Gamma,
  Gumbel,
  Kumaraswamy,
  Laplace,
  Logistic,
  LogNormal,
  MixtureSameFamily,
  MultivariateNormalDiag,
  Normal,
  portableMath,
  StudentT,
  TruncatedNormal,
  VonMises,
  Wrapped,
  WrappedNormal,
} from '../../src/index.ts';
import { hue } from './picture.ts';
import { Plot, type Point, sheet, type TitledPlot } from './plot.ts';
import { onRows } from './shade.ts';

/** Pixels of a panel. */
const [WIDTH, HEIGHT] = [168, 104];
/** Pixels below the axis, for its numbers. */
const BELOW = 22;
const CURVES = [hue(250), hue(45)];

export const label =
  'Fifteen panels with curves of densities. On the line, each beside the standard normal one: Normal, Logistic with heavier tails, Laplace with a peak, ' +
  'StudentT and Cauchy with the heaviest tails, Gumbel leaning to one side. On the half-line: Exponential, Gamma, LogNormal. On an interval: Beta, Kumaraswamy, ' +
  'TruncatedNormal cut off at both ends. On the circle: VonMises, WrappedNormal, and a Wrapped mixture of two.';

/** Where numbers lie, with the marks on its axis, and how dense they may be. */
interface Axis {
  readonly x: Point;
  readonly marks: readonly (readonly [at: number, text: string])[];
  readonly top: number;
}

const numbers = (...marks: number[]) => marks.map((at) => [at, String(at).replace('-', '−')] as const);
const LINE: Axis = { x: [-5, 5], marks: numbers(-4, -2, 0, 2, 4), top: 0.56 };
const HALF_LINE: Axis = { x: [0, 5], marks: numbers(0, 1, 2, 3, 4, 5), top: 1.05 };
const INTERVAL: Axis = { x: [0, 1], marks: numbers(0, 0.5, 1), top: 3 };
const CIRCLE: Axis = {
  x: [-Math.PI, Math.PI],
  marks: [
    [-Math.PI, '−π'],
    [0, '0'],
    [Math.PI, 'π'],
  ],
  top: 0.9,
};

const scalar = (value: number) => tf.scalar(value);
const located = (loc: number, scale: number) => ({ loc: scalar(loc), logScale: scalar(portableMath.log(scale)) });
const vector = (loc: number, scale: number) =>
  new MultivariateNormalDiag({ loc: tf.tensor1d([loc]), logScale: tf.tensor1d([portableMath.log(scale)]) });

/** The densities of distributions of numbers, those of a row on one scale. */
export function draw(): string {
  return sheet(label, [
    [
      onLine('Normal', () => new Normal(located(0, 1))),
      onLine('Logistic', () => new Logistic(located(0, 1))),
      onLine('Laplace', () => new Laplace(located(0, 1))),
    ],
    [
      onLine('StudentT', () => new StudentT({ df: scalar(2), ...located(0, 1) })),
      onLine('Cauchy', () => new Cauchy(located(0, 1))),
      onLine('Gumbel', () => new Gumbel(located(0, 1))),
    ],
    [
      panel(
        'Exponential',
        HALF_LINE,
        each((rate) => new Exponential({ logRate: scalar(portableMath.log(rate)) }), [1], [0.5]),
      ),
      panel(
        'Gamma',
        HALF_LINE,
        each((shape) => new Gamma({ concentration: scalar(shape), logRate: scalar(portableMath.log(2)) }), [2], [5]),
      ),
      panel(
        'LogNormal',
        HALF_LINE,
        each((scale) => new LogNormal(located(0, scale)), [0.5], [1]),
      ),
    ],
    [
      panel(
        'Beta',
        INTERVAL,
        each((a, b) => new Beta({ concentration1: scalar(a), concentration0: scalar(b) }), [0.5, 0.5], [2, 5]),
      ),
      panel(
        'Kumaraswamy',
        INTERVAL,
        each((a, b) => new Kumaraswamy({ concentration1: scalar(a), concentration0: scalar(b) }), [0.5, 0.5], [2, 5]),
      ),
      panel(
        'TruncatedNormal',
        INTERVAL,
        each(
          (loc, scale) => new TruncatedNormal({ ...located(loc, scale), low: 0, high: 1 }),
          [0.7, 0.25],
          [-0.3, 0.5],
        ),
      ),
    ],
    [
      panel(
        'VonMises',
        CIRCLE,
        each(
          (loc, concentration) => new VonMises({ loc: scalar(loc), concentration: scalar(concentration) }),
          [0, 4],
          [2.4, 1],
        ),
      ),
      panel(
        'WrappedNormal',
        CIRCLE,
        each((loc, scale) => new WrappedNormal(vector(loc, scale)), [0, 0.5], [2.4, 1.2]),
      ),
      panel('Wrapped, a mixture', CIRCLE, [
        () =>
          new Wrapped(
            new MixtureSameFamily({
              logits: tf.tensor1d([0, -0.4]),
              components: new MultivariateNormalDiag({
                loc: tf.tensor2d([[-0.8], [2.8]]),
                logScale: tf.tensor2d([[-0.9], [-0.5]]),
              }),
            }),
          ),
      ]),
    ],
  ]);
}

/** A distribution of each of these parameters. */
function each(make: (a: number, b: number) => Distribution, ...parameters: [a: number, b?: number][]) {
  return parameters.map(
    ([a, b = 0]) =>
      () =>
        make(a, b),
  );
}

/** Over the standard normal density, dotted. */
function onLine(title: string, ...make: (() => Distribution)[]): TitledPlot {
  return panel(title, LINE, make, () => new Normal(located(0, 1)));
}

function panel(
  title: string,
  { x, marks, top }: Axis,
  make: readonly (() => Distribution)[],
  beside?: () => Distribution,
): TitledPlot {
  const pixels = HEIGHT - BELOW;
  const room = 0.05 * (x[1] - x[0]);
  const plot = new Plot({
    x: [x[0] - room, x[1] + room],
    y: [-(BELOW / pixels) * top, top],
    width: WIDTH,
    height: HEIGHT,
  });
  plot.lines([[x[0], x[1]].map((at): Point => [at, 0])], { stroke: themeColour('faint'), width: 1 });
  const tick = (4 / pixels) * top;
  plot.lines(
    marks.map(([at]) => [
      [at, 0],
      [at, -tick],
    ]),
    { stroke: themeColour('faint'), width: 1 },
  );
  for (const [at, text] of marks) plot.text([at, -3.2 * tick], text, { size: 14 });
  if (beside !== undefined) plot.lines([curve(beside, x)], { stroke: themeColour('faint'), width: 1.2, dash: '2 3' });
  make.forEach((distribution, i) => {
    const points = curve(distribution, x);
    plot.areas([[[x[0], 0], ...points, [x[1], 0]]], { fill: CURVES[i]!, opacity: 0.14 });
    plot.lines([points], { stroke: CURVES[i]!, width: 1.8 });
  });
  return { title, plot };
}

/** The density at the middles of equal cells. */
function curve(make: () => Distribution, [low, high]: Point): Point[] {
  const cells = 400;
  const at = Array.from({ length: cells }, (_, i): Point => [low + ((high - low) * (i + 0.5)) / cells, 0]);
  const densities = onRows(at, (x) => {
    const distribution = make();
    const event = tf.slice(x, [0, 0], [-1, 1]);
    return tf.exp(distribution.logProb(distribution.eventShape.length === 1 ? event : tf.squeeze(event, [1])));
  });
  return at.map(([x], i): Point => [x, densities[i]!]);
}
