import * as tf from '@tensorflow/tfjs-core';
import { themeColour } from '../../envs/drawing/palette.ts';
import {
  Dirichlet,
  type Distribution,
  MixtureSameFamily,
  MultivariateNormalDiag,
  MultivariateNormalTriL,
  Planar,
  RelaxedOneHotCategorical,
  TransformedDistribution,
} from '../../src/index.ts';
import { hue } from './picture.ts';
import { Plot, type Point, sheet, type TitledPlot } from './plot.ts';
import { centresOf, onRows, shade } from './shade.ts';

/** Pixels of a panel's side. */
const SIDE = 200;
const FILL = hue(250);
/** Cells along a side of the grid on which a density is computed. */
const SIZE = 96;
/** What panels of the plane show: [−EXTENT, EXTENT]². */
const EXTENT = 3.2;

export const label =
  'Six panels with shaded densities. Over the plane: MultivariateNormalDiag, an upright ellipse; MultivariateNormalTriL, a tilted one; MixtureSameFamily, three separate spots; ' +
  'TransformedDistribution, a normal one that a planar map has bent. Over a triangle whose corners are three categories: Dirichlet, with its mass near one edge; RelaxedOneHotCategorical, with its mass near the corners.';

/** The densities of distributions of vectors, each shaded to its own peak. */
export function draw(): string {
  const panels = [
    onPlane(
      'MultivariateNormalDiag',
      () => new MultivariateNormalDiag({ loc: tf.zeros([2]), logScale: tf.tensor1d([-0.4, 0.1]) }),
    ),
    onPlane(
      'MultivariateNormalTriL',
      () =>
        new MultivariateNormalTriL({
          loc: tf.zeros([2]),
          logDiagonal: tf.tensor1d([0.1, -0.7]),
          offDiagonal: tf.tensor1d([0.9]),
        }),
    ),
    onPlane(
      'MixtureSameFamily',
      () =>
        new MixtureSameFamily({
          logits: tf.tensor1d([0, 0, 0.5]),
          components: new MultivariateNormalDiag({
            loc: tf.tensor2d([
              [-1.7, -1.1],
              [1.5, -1.3],
              [0.2, 1.7],
            ]),
            logScale: tf.tensor2d([
              [-0.8, -0.6],
              [-0.6, -0.9],
              [-0.4, -0.9],
            ]),
          }),
        }),
    ),
    onPlane(
      'TransformedDistribution',
      () =>
        new TransformedDistribution({
          base: new MultivariateNormalDiag({ loc: tf.zeros([2]), logScale: tf.tensor1d([-0.1, -0.8]) }),
          bijector: new Planar({ w: tf.tensor1d([2, 0]), u: tf.tensor1d([0.6, 1.5]), b: tf.scalar(0) }),
        }),
    ),
    onTriangle('Dirichlet', () => new Dirichlet({ concentration: tf.tensor1d([4, 3, 1.6]) })),
    onTriangle(
      'RelaxedOneHotCategorical',
      () => new RelaxedOneHotCategorical({ temperature: 0.7, logits: tf.tensor1d([0.4, 0, 0]) }),
    ),
  ];
  return sheet(label, [panels.slice(0, 2), panels.slice(2, 4), panels.slice(4)]);
}

function onPlane(title: string, make: () => Distribution): TitledPlot {
  const plot = new Plot({ x: [-EXTENT, EXTENT], y: [-EXTENT, EXTENT], width: SIDE, height: SIDE });
  const axes: Point[][] = [
    [
      [-EXTENT, 0],
      [EXTENT, 0],
    ],
    [
      [0, -EXTENT],
      [0, EXTENT],
    ],
  ];
  plot.lines(axes, { stroke: themeColour('line'), width: 1 });
  const grid = { extent: EXTENT, size: SIZE };
  const values = onRows(centresOf(grid), (x) => tf.exp(make().logProb(x)));
  shade(plot, { ...grid, values }, FILL);
  return { title, plot };
}

/** The corners of a triangle against the clock, where a vector is (1, 0, 0), (0, 1, 0) and (0, 0, 1). */
const CORNERS: readonly Point[] = [
  [-1, -0.75],
  [1, -0.75],
  [0, Math.sqrt(3) - 0.75],
];
/** Shares this small stand for those beyond the edges, so that shades end at an edge and not before it. */
const LEAST = 1e-3;

function onTriangle(title: string, make: () => Distribution): TitledPlot {
  const grid = { extent: 1.1, size: SIZE };
  const plot = new Plot({ x: [-1.1, 1.1], y: [-1.1, 1.1], width: SIDE, height: SIDE });
  const shares = centresOf(grid).map(sharesAt);
  const densities = onRows(
    shares.map(([, second, third]): Point => [second, third]),
    (x) => {
      const all = tf.concat([tf.sub(1, tf.sum(x, 1, true)), x], 1);
      const positive = tf.maximum(all, LEAST);
      return tf.exp(make().logProb(tf.div(positive, tf.sum(positive, 1, true))));
    },
  );
  const mass = densities.map((density, i) => (shares[i]!.every((share) => share > 0) ? density : 0));
  shade(plot, { ...grid, values: densities }, FILL, { mass, window: CORNERS });
  plot.lines([[...CORNERS, CORNERS[0]!]], { stroke: themeColour('faint'), width: 1 });
  return { title, plot };
}

/** The vector that a point stands for: of three numbers whose sum is 1. */
function sharesAt([x, y]: Point): [number, number, number] {
  const third = (y - CORNERS[0]![1]) / Math.sqrt(3);
  const second = (x + 1 - third) / 2;
  return [1 - second - third, second, third];
}
