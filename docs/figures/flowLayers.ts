import * as tf from '@tensorflow/tfjs-core';
import { drawRows, twoMoons } from '../../common/planeDensities.ts';
import { themeColour } from '../../envs/drawing/palette.ts';
import { type Bijector, type Chain, cosineSchedule, type Flow, portableMath, Rng, realNvp } from '../../src/index.ts';
import { hue } from './picture.ts';
import { Plot, type Point, sheet } from './plot.ts';
import { centresOf, onRows, pointsOf, shade } from './shade.ts';

/** Pixels of a panel's side. */
const SIDE = 168;
/** Panels show [−VIEW, VIEW]². */
const VIEW = 2.6;
const COUPLINGS = 4;
const UPDATES = 1500;
/** Draws of the base, and of the data in the last panel. */
const [DRAWS, DATA] = [700, 250];
/** Colours, by the direction in which a draw of the base lies. */
const HUES = 12;

export const label =
  'Six panels. A round cloud of dots, coloured by direction, is what the base draws. Four affine couplings move it, up and down or left and right in turn, ' +
  'until it has the shape of two moons that hook into each other, with the colours in order along them. The last panel shades the density of the flow, with the data on it.';

/** Draws of a RealNVP flow that has learned two moons, after each of its layers, and its density. */
export async function draw(): Promise<string> {
  const rng = new Rng('flow layers');
  const flow = realNvp({ dim: 2, layers: COUPLINGS, hidden: [32, 32], rng: rng.split('flow') });
  for await (const _ of flow.fit((stream, size) => drawRows(twoMoons, stream, size), {
    steps: UPDATES,
    learningRate: cosineSchedule(5e-3),
    rng: rng.split('fit'),
    standardize: false,
  }));

  const drawn = rng.split('base');
  const clouds = [pointsOf(Float32Array.from({ length: 2 * DRAWS }, () => drawn.normal()))];
  // A chain lists first what it applies last.
  const couplings: Bijector[] = [...(flow.bijector as Chain).bijectors].reverse();
  for (const coupling of couplings) {
    clouds.push(pointsOf(onRows(clouds.at(-1)!, (x) => coupling.forward(x), [flow])));
  }
  const hues = clouds[0]!.map(hueOf);
  const panels = clouds.map((cloud, i) => ({ title: titleOf(clouds, i), plot: dots(cloud, hues) }));
  panels.push({
    title: 'density, and data',
    plot: density(flow, pointsOf(drawRows(twoMoons, rng.split('data'), DATA))),
  });
  flow.dispose();
  return sheet(label, [panels.slice(0, 3), panels.slice(3)]);
}

/** A coupling leaves one of the two numbers as it is. */
function titleOf(clouds: readonly (readonly Point[])[], i: number): string {
  if (i === 0) return 'base';
  const isUpright = clouds[i]!.every(([x], j) => x === clouds[i - 1]![j]![0]);
  return `${isUpright ? '↕' : '↔'} coupling ${i}`;
}

/** Which of the colours a draw of the base has. */
function hueOf([x, y]: Point): number {
  const turns = portableMath.atan2(y, x) / (2 * Math.PI);
  return Math.floor((turns < 0 ? turns + 1 : turns) * HUES) % HUES;
}

function plane(): Plot {
  return new Plot({ x: [-VIEW, VIEW], y: [-VIEW, VIEW], width: SIDE, height: SIDE });
}

function dots(cloud: readonly Point[], hues: readonly number[]): Plot {
  const plot = plane();
  for (let i = 0; i < HUES; i++) {
    const own = cloud.filter((_, j) => hues[j] === i);
    plot.dots(own, { fill: hue((360 * i) / HUES), radius: 1.3 });
  }
  return plot;
}

function density(flow: Flow, data: readonly Point[]): Plot {
  const plot = plane();
  const grid = { extent: VIEW, size: 120 };
  const values = onRows(centresOf(grid), (x) => tf.exp(flow.given().logProb(x)), [flow]);
  shade(plot, { ...grid, values }, hue(250));
  return plot.dots(data, { fill: themeColour('ink'), radius: 0.7, opacity: 0.7 });
}
