import * as tf from '@tensorflow/tfjs-core';
import { themeColour } from '../../envs/drawing/palette.ts';
import {
  Autoregressive,
  affineFamily,
  type Bijector,
  CircularSpline,
  Coupling,
  Householder,
  LowRankAffine,
  MlpField,
  type Module,
  NeuralOde,
  Planar,
  Radial,
  Rng,
  rationalQuadraticSplineFamily,
  ShiftScale,
  SinhArcsinh,
  Sylvester,
  Tanh,
  TriangularAffine,
} from '../../src/index.ts';
import { portableMath } from '../../src/portableMath.ts';
import { hue } from './picture.ts';
import { Plot, type Point, sheet, type TitledPlot } from './plot.ts';
import { onRows, pointsOf } from './shade.ts';

/** Pixels of a panel's side. */
const SIDE = 168;
/** Panels show [−VIEW, VIEW]². */
const VIEW = 3;

/** Where lines of the grid on [−2, 2]² lie, and where they are computed. */
const LINES = steps(-2, 2, 8);
const ALONG = steps(-2, 2, 96);

/** Lines along which the first number is constant, those along which the second is, and a disk. */
const grid = {
  upright: LINES.map((at) => ALONG.map((t): Point => [at, t])),
  level: LINES.map((at) => ALONG.map((t): Point => [t, at])),
  disk: [steps(0, 1, 96).map((t): Point => [portableMath.cosTurns(t), portableMath.sinTurns(t)])],
};
const COLOURS = { upright: hue(250), level: hue(45) };

export const label =
  'Fifteen panels. In the first is a square grid with a disk in its middle, in thirteen what a bijector makes of it. ShiftScale moves and stretches it, ' +
  'Tanh squashes it into a small square, SinhArcsinh makes its cells uneven, TriangularAffine shears it, Householder mirrors it, LowRankAffine stretches it ' +
  'along a diagonal, Planar bends it along one line, Radial swells it about a point, Sylvester bends it along two lines. Couplings move points up and down only, ' +
  'an autoregressive map sideways too, and NeuralOde carries all along. In the last, CircularSpline moves points along a circle.';

/** What each bijector makes of a grid of the plane. */
export function draw(): string {
  const rng = new Rng('bijectors');
  const spline = rationalQuadraticSplineFamily({ bins: 6, bound: 3 });
  const network = { dim: 2, hidden: [16], activation: 'tanh' } as const;
  const layers = {
    affine: stirred(
      new Coupling({ ...network, transformed: 'second', family: affineFamily, rng: rng.split('affine') }),
      rng.split('affine weights'),
      { kernel: 0.11 },
    ),
    spline: stirred(
      new Coupling({ ...network, transformed: 'second', family: spline, rng: rng.split('spline') }),
      rng.split('spline weights'),
      { kernel: 0.4 },
    ),
    autoregressive: stirred(
      new Autoregressive({ ...network, family: spline, rng: rng.split('autoregressive') }),
      rng.split('autoregressive weights'),
      { kernel: 0.4, bias: 0.6 },
    ),
    ode: stirred(
      new NeuralOde({
        field: new MlpField({ ...network, rng: rng.split('field') }),
        solver: { kind: 'fixed', steps: 8 },
      }),
      rng.split('field weights'),
      { kernel: 0.42 },
    ),
  };
  const rows: TitledPlot[][] = [
    [
      { title: 'x: the grid', plot: plotOf((x) => x) },
      panel('ShiftScale', () => new ShiftScale({ shift: tf.tensor1d([0.5, -0.5]), scale: tf.tensor1d([1.2, 0.6]) })),
      panel('Tanh', () => new Tanh()),
    ],
    [
      panel(
        'SinhArcsinh',
        () => new SinhArcsinh({ skewness: tf.tensor1d([0.3, 0]), tailweight: tf.tensor1d([1, 0.6]) }),
      ),
      panel(
        'TriangularAffine',
        () =>
          new TriangularAffine({
            shift: tf.zeros([2]),
            logDiagonal: tf.tensor1d([0, -0.2]),
            offDiagonal: tf.tensor1d([0.6]),
          }),
      ),
      panel('Householder', () => new Householder(tf.tensor2d([[1, 0.4]]))),
    ],
    [
      panel(
        'LowRankAffine',
        () => new LowRankAffine({ logDiagonal: tf.tensor1d([-0.6, -0.6]), v: tf.tensor2d([[0.6], [0.6]]) }),
      ),
      panel('Planar', () => new Planar({ w: tf.tensor1d([1.5, 1.5]), u: tf.tensor1d([1, -0.4]), b: tf.scalar(0) })),
      panel(
        'Radial',
        () => new Radial({ center: tf.tensor1d([0.5, 0.5]), logAlpha: tf.scalar(-0.7), strength: tf.scalar(1.6) }),
      ),
    ],
    [
      panel(
        'Sylvester',
        () =>
          new Sylvester({
            v: tf.tensor2d([[1, 0.4]]),
            strength: tf.tensor1d([2, -0.9]),
            logDiagonal: tf.tensor1d([0.9, 0.2]),
            outer: tf.tensor1d([0.6]),
            inner: tf.tensor1d([0.6]),
            b: tf.tensor1d([0, 0]),
          }),
      ),
      panel('Coupling, affine', () => layers.affine, layers.affine),
      panel('Coupling, spline', () => layers.spline, layers.spline),
    ],
    [
      panel('Autoregressive', () => layers.autoregressive, layers.autoregressive),
      panel('NeuralOde', () => layers.ode, layers.ode),
      { title: 'CircularSpline', plot: circle(rng.split('circle')) },
    ],
  ];
  for (const layer of Object.values(layers)) layer.dispose();
  return sheet(label, rows);
}

function panel(title: string, make: () => Bijector, module?: Module): TitledPlot {
  return { title, plot: plotOf((x) => make().forward(x), module) };
}

/** The grid before, faint, and after. */
function plotOf(map: (x: tf.Tensor) => tf.Tensor, module?: Module): Plot {
  const plot = new Plot({ x: [-VIEW, VIEW], y: [-VIEW, VIEW], width: SIDE, height: SIDE });
  const all = onRows(Object.values(grid).flat(2), map, module === undefined ? [] : [module]);
  let read = 0;
  const after = (lines: readonly (readonly Point[])[]) =>
    lines.map((line) => {
      const start = read;
      read += line.length;
      return pointsOf(all.subarray(2 * start, 2 * read));
    });
  const [upright, level, disk] = [after(grid.upright), after(grid.level), after(grid.disk)];
  plot.lines([...grid.upright, ...grid.level], { stroke: themeColour('line'), width: 1 });
  plot.areas(disk, { fill: themeColour('faint'), opacity: 0.35 });
  plot.lines(level, { stroke: COLOURS.level, width: 1.2 });
  return plot.lines(upright, { stroke: COLOURS.upright, width: 1.2 });
}

/** Angles in equal steps on the inner circle, each joined with its image on the outer one. */
function circle(rng: Rng): Plot {
  const plot = new Plot({ x: [-VIEW, VIEW], y: [-VIEW, VIEW], width: SIDE, height: SIDE });
  const [before, after] = [1.3, 2.7];
  const angles = steps(-0.5, 0.5, 48).map((turns): Point => [turns * 2 * Math.PI, 0]);
  const bins = 6;
  const parameters = (shape: number[], stream: string) => {
    return tf.tensor(
      normals(
        shape.reduce((a, b) => a * b),
        0.7,
        rng.split(stream),
      ),
      shape,
    );
  };
  const images = onRows(angles, (x) =>
    new CircularSpline({
      bins: parameters([2, bins, 1], 'bins'),
      derivatives: parameters([bins, 1], 'derivatives'),
      phase: tf.tensor1d([0.25]),
    }).forward(x),
  );
  const on = (radius: number, angle: number): Point => [
    radius * portableMath.cos(angle),
    radius * portableMath.sin(angle),
  ];
  plot.lines(
    [before, after].map((radius) => steps(0, 2 * Math.PI, 96).map((angle) => on(radius, angle))),
    { stroke: themeColour('faint'), width: 1 },
  );
  const spokes = angles.map(([angle], i) => [on(before, angle), on(after, images[2 * i]!)]);
  return plot.lines(spokes, { stroke: COLOURS.upright, width: 1.2 });
}

/** With draws of N(0, size²) for the kernel of the last layer, and for biases, where they are zero at first. */
function stirred<M extends Module>(module: M, rng: Rng, { kernel, bias = 0 }: { kernel: number; bias?: number }): M {
  for (const [path, variable] of module.namedVariables()) {
    const size = path.endsWith('bias') ? bias : kernel;
    if (variable.dataSync().some((value) => value !== 0)) continue;
    tf.tidy(() => variable.assign(tf.tensor(normals(variable.size, size, rng.split(path)), variable.shape)));
  }
  return module;
}

function normals(count: number, size: number, rng: Rng): number[] {
  return Array.from({ length: count }, () => rng.normal(0, size));
}

function steps(low: number, high: number, count: number): number[] {
  return Array.from({ length: count + 1 }, (_, i) => low + ((high - low) * i) / count);
}
