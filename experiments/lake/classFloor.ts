import * as tf from '@tensorflow/tfjs-core';
import type { SoftLakeTask } from '../../common/lake.ts';
import { bilinear, LandGrid, SoftOptimum } from '../../common/softOptimum.ts';
import { lakeMap } from '../../envs/index.ts';
import { type Point, walk } from '../../envs/lake/lakeMap.ts';
import {
  Adam,
  circularSplineFamily,
  compile,
  cosineSchedule,
  portableMath,
  Rng,
  valueAndGradients,
} from '../../src/index.ts';

/** Options of {@link classFloor}. */
interface ClassFloorOptions {
  readonly task: SoftLakeTask;
  /** Cells of the grid along one side. */
  readonly cells: number;
  /** Headings. */
  readonly points: number;
  /** Updates of each search. */
  readonly updates: number;
  /** How often the policy is projected anew; 1 is the projection onto π* alone. */
  readonly rounds: number;
  readonly report?: (share: number) => void;
}

/** The best that a class of policies can do on a lake. */
interface ClassFloor {
  /** E[Σₜ KL(π(· | sₜ) ‖ π*(· | sₜ))] along its own walks from the start, nats a walk. */
  readonly nats: number;
  /** The mean number of steps of its walks. */
  readonly steps: number;
  /** That of the projection onto π*, which need not be the best: a step that is far from π* may lead where the next ones are near. */
  readonly ofProjection: number;
}

const LEARNING_RATE = 0.05;

/**
 * The least soft regret of a class of policies that may be any member of it at each state, over τ: policy iteration in the class. A policy q
 * whose walks from s cost G(s) nats is improved where at each state the member of least
 *
 *   Σⱼ qⱼ (log qⱼ − log π*ⱼ + G(s′ⱼ))
 *
 * is taken: a projection, which begins with that onto π* itself (G = 0). A member is kept where none better is found, so that no
 * round makes it worse. Members are searched by Adam from several starts; what is found is at least what the class can do.
 */
export function classFloor(
  family: HeadingFamily,
  { task, cells, points, updates, rounds, report }: ClassFloorOptions,
): ClassFloor {
  const optimum = new SoftOptimum({ ...task, cells, points });
  const chain = new HeadingChain({ stride: task.stride, cells, points });
  const count = chain.states.length;
  const cell = (2 * Math.PI) / points;
  const optimal = new Float64Array(count * points);
  chain.states.forEach((state, node) => optimal.set(optimum.policyAt(state, points).logDensity, node * points));
  const search = new Projection(family, { count, points });

  let target = optimal;
  let best: Found | undefined;
  const floors: { nats: number; steps: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const starts = family.starts.map((start) =>
      Float32Array.from({ length: count * start.length }, (_, i) => start[i % start.length]!),
    );
    if (best !== undefined) starts.unshift(best.parameters);
    const size = family.parameterCount;
    let found: Found | undefined;
    for (const [i, start] of starts.entries()) {
      const own = search.from(start, target, updates);
      // The present member stands, too, as it is: a round never makes it worse.
      const tried = i === 0 && best !== undefined ? [search.measure(best.parameters, target), own] : [own];
      for (const each of tried) found = found === undefined ? each : better(found, each, { size, points });
      report?.((round + (i + 1) / starts.length) / rounds);
    }
    best = found!;
    const { masses } = best;
    const kls = Float64Array.from({ length: count }, (_, node) => {
      let kl = 0;
      for (let j = node * points; j < (node + 1) * points; j++) {
        const mass = masses[j]!;
        if (mass > 0) kl += mass * (portableMath.log(mass / cell) - optimal[j]!);
      }
      return kl;
    });
    const ahead = chain.sumAlong(masses, kls);
    const steps = chain.sumAlong(masses, new Float64Array(count).fill(1));
    floors.push({ nats: chain.at(ahead, lakeMap.start), steps: chain.at(steps, lakeMap.start) });
    const after = chain.next(ahead);
    target = optimal.map((logDensity, j) => logDensity - after[j]!);
  }
  search.dispose();
  const least = floors.reduce((a, b) => (b.nats < a.nats ? b : a));
  return { ...least, ofProjection: floors[0]!.nats };
}

/** Members of a class, one for each state, their masses at the headings, and what they cost. */
type Found = { parameters: Float32Array<ArrayBuffer>; masses: Float64Array; costs: Float64Array };

/** At each state the better of two. */
function better(a: Found, b: Found, { size, points }: { size: number; points: number }): Found {
  const [parameters, masses, costs] = [a.parameters.slice(), a.masses.slice(), a.costs.slice()];
  b.costs.forEach((cost, node) => {
    if (!(cost < costs[node]!)) return;
    costs[node] = cost;
    parameters.set(b.parameters.subarray(node * size, (node + 1) * size), node * size);
    masses.set(b.masses.subarray(node * points, (node + 1) * points), node * points);
  });
  return { parameters, masses, costs };
}

/** The search for the members of a class, one for each state at once, that are nearest to a target. */
class Projection {
  readonly #parameters: tf.Variable;
  readonly #optimizer: Adam;
  readonly #compiled;
  readonly #step;
  readonly #measure;
  readonly #shape: readonly [number, number];
  readonly #points: number;

  constructor(family: HeadingFamily, { count, points }: { count: number; points: number }) {
    const { parameterCount: size } = family;
    this.#shape = [count, size];
    this.#points = points;
    this.#parameters = tf.variable(tf.zeros([count, size]));
    this.#optimizer = new Adam([this.#parameters]);
    const headings = Float32Array.from({ length: points }, (_, i) => Math.PI * ((2 * i + 1) / points - 1));
    const logCell = portableMath.log((2 * Math.PI) / points);
    const costs = (target: tf.Tensor) => {
      const logMass = tf.logSoftmax(family.logDensity(this.#parameters, tf.tensor1d(headings)));
      const masses = tf.exp(logMass);
      return { masses, costs: tf.sum(tf.mul(masses, tf.sub(logMass, tf.add(target, logCell))), 1) };
    };
    const step = compile(
      (inputs: Record<'target' | 'learningRate', tf.Tensor>) => {
        const { gradients } = valueAndGradients(
          () => ({ loss: tf.sum(costs(inputs.target).costs) }),
          this.#optimizer.parameters,
        );
        this.#optimizer.update(gradients, inputs.learningRate);
        return {};
      },
      { name: 'lake/projection', state: [this.#parameters, this.#optimizer] },
    );
    const measure = compile((inputs: Record<'target', tf.Tensor>) => costs(inputs.target), {
      name: 'lake/projection/measure',
      state: [this.#parameters],
    });
    this.#compiled = [step, measure];
    this.#step = step.onArrays({ target: { shape: [count, points] }, learningRate: { shape: [] } });
    this.#measure = measure.onArrays({ target: { shape: [count, points] } });
  }

  /** The members that are found from there. */
  from(start: Float32Array, target: Float64Array, updates: number): Found {
    for (const variable of this.#optimizer.variables()) variable.assign(tf.zeros(variable.shape));
    this.#set(start);
    const own = Float32Array.from(target);
    const rate = cosineSchedule(LEARNING_RATE);
    for (let i = 0; i < updates; i++) this.#step({ target: own, learningRate: rate(i / updates) });
    return this.measure(Float32Array.from(this.#parameters.dataSync()), target);
  }

  /** Masses of the headings, and the cost at each state. */
  measure(parameters: Float32Array, target: Float64Array): Found {
    this.#set(parameters);
    const { masses, costs } = this.#measure({ target: Float32Array.from(target) });
    const { length } = costs;
    // Of float32 numbers: made to sum up to 1 again.
    const normalized = Float64Array.from(masses);
    for (let node = 0; node < length; node++) {
      const own = normalized.subarray(node * this.#points, (node + 1) * this.#points);
      const total = own.reduce((sum, mass) => sum + mass, 0);
      own.forEach((mass, i) => {
        own[i] = mass / total;
      });
    }
    return { parameters: parameters.slice(), masses: normalized, costs: Float64Array.from(costs) };
  }

  dispose(): void {
    for (const compiled of this.#compiled) compiled.dispose();
    this.#optimizer.dispose();
    this.#parameters.dispose();
  }

  #set(values: Float32Array): void {
    const tensor = tf.tensor2d(values, [...this.#shape]);
    this.#parameters.assign(tensor);
    tensor.dispose();
  }
}

/** A class of policies over headings as densities of free parameters: what it can be at a single state, whatever its network. */
export interface HeadingFamily {
  readonly name: string;
  /** How many parameters a density has. */
  readonly parameterCount: number;
  /** Parameters from which a density is searched, one list for each search. */
  readonly starts: readonly (readonly number[])[];
  /**
   * Log-densities, nats.
   * @param parameters `[states, parameterCount]`
   * @param headings `[points]`, radians in (−π, π)
   * @returns `[states, points]`
   */
  logDensity(parameters: tf.Tensor, headings: tf.Tensor): tf.Tensor;
}

/** No component is wider, radians: beyond it one is flat. */
const WIDEST = 3;
/** Turns round the circle that are summed up on either side. */
const TURNS = 2;

/** Mixtures of K normals that are wound round the circle, of free weights, means and deviations. One component is the Gaussian. */
export function wrappedMixtures(components: number): HeadingFamily {
  const evenly = (turn: number, logScale: number): number[] => [
    ...Array<number>(components).fill(0),
    ...Array.from({ length: components }, (_, k) => turn + (2 * Math.PI * k) / components - Math.PI),
    ...Array<number>(components).fill(logScale),
  ];
  // A single normal finds the mode that it begins near.
  const turns = components === 1 ? 12 : 3;
  const width = -0.7 - 0.15 * components;
  return {
    name: components === 1 ? 'gaussian' : `mixture of ${components}`,
    parameterCount: 3 * components,
    starts: Array.from({ length: turns }, (_, i) => evenly((2 * Math.PI * (i + 0.5)) / (turns * components), width)),
    logDensity(parameters, headings) {
      const [logits, means, logScales] = tf.split(parameters, 3, 1).map((each) => tf.expandDims(each, 1));
      const scales = tf.minimum(tf.exp(logScales!), WIDEST);
      const away = tf.sub(tf.reshape(headings, [1, -1, 1]), means!);
      const wrapped = tf.sub(away, tf.mul(2 * Math.PI, tf.floor(tf.div(tf.add(away, Math.PI), 2 * Math.PI))));
      const terms = Array.from({ length: 2 * TURNS + 1 }, (_, i) => {
        const z = tf.div(tf.add(wrapped, 2 * Math.PI * (i - TURNS)), scales);
        return tf.exp(tf.mul(-0.5, tf.square(z)));
      });
      const density = terms.slice(1).reduce((sum, term) => tf.add(sum, term), terms[0]!);
      const weighted = tf.div(tf.mul(tf.softmax(logits!, -1), density), scales);
      const total = tf.sum(weighted, -1);
      return tf.log(tf.add(tf.div(total, Math.sqrt(2 * Math.PI)), 1e-30));
    },
  };
}

/** Circular spline flows of free parameters: so many splines, one after another. */
export function circularSplines({ layers, bins }: { readonly layers: number; readonly bins: number }): HeadingFamily {
  const family = circularSplineFamily({ bins });
  const count = family.parameterCount;
  const flat = new Array<number>(layers * count).fill(0);
  const rng = new Rng('circular splines');
  return {
    name: `circular spline, ${layers} × ${bins} bins`,
    parameterCount: layers * count,
    // All zero is the uniform density. Layers turned against each other have their seams apart.
    starts: [flat, flat.map(() => 0.3 * rng.normal())],
    logDensity(parameters, headings) {
      const [states, points] = [parameters.shape[0]!, headings.shape[0]!];
      const own = layers === 1 ? [parameters] : tf.split(parameters, layers, 1);
      let x = tf.tile(tf.reshape(headings, [1, points, 1]), [states, 1, 1]);
      let logDensity: tf.Tensor = tf.fill([states, points], -portableMath.log(2 * Math.PI));
      for (const layer of [...own].reverse()) {
        const [inverse, logDet] = family.bijector(tf.expandDims(layer, 1), 1).inverseAndLogDet(x);
        x = inverse as tf.Tensor3D;
        logDensity = tf.add(logDensity, tf.reshape(logDet, [states, points]));
      }
      return logDensity;
    },
  };
}

const { cos, sin } = portableMath;

/** Relative change of a sweep at which values are taken for converged. */
const CONVERGED = 1e-9;
/** Beyond it a policy walks on for ever. */
const MOST_SWEEPS = 20_000;

/** A lake of headings as a finite chain: the nodes of the grid of `SoftOptimum` for states, the middles of equal cells of the circle for headings. */
export class HeadingChain {
  readonly states: readonly Point[];
  /** Headings at each state. */
  readonly points: number;
  readonly #grid: LandGrid;
  /** Of the step to each heading from each state: the corner that it comes to, −1 where it ends the walk, and where in that cell. */
  readonly #corners: Int32Array;
  readonly #across: Float64Array;
  readonly #up: Float64Array;

  constructor({ stride, cells, points }: { readonly stride: number; readonly cells: number; readonly points: number }) {
    const grid = new LandGrid(cells);
    this.#grid = grid;
    this.points = points;
    this.states = Array.from({ length: grid.size }, (_, node) => grid.position(node));
    const moves = grid.size * points;
    this.#corners = new Int32Array(moves).fill(-1);
    this.#across = new Float64Array(moves);
    this.#up = new Float64Array(moves);
    this.states.forEach((from, node) => {
      for (let i = 0; i < points; i++) {
        const angle = Math.PI * ((2 * i + 1) / points - 1);
        const { position, outcome } = walk(from, stride * cos(angle), stride * sin(angle));
        if (outcome !== undefined) continue;
        const { corner, across, up } = grid.place(position.x, position.y);
        const move = node * points + i;
        this.#corners[move] = corner;
        this.#across[move] = across;
        this.#up[move] = up;
      }
    });
  }

  /** f where each step leads, `[states × points]`: 0 where it ends the walk, else bilinear between nodes. */
  next(values: Float64Array): Float64Array {
    const { columns } = this.#grid;
    const after = new Float64Array(this.#corners.length);
    // A plain loop: a walk's sum takes thousands of these.
    for (let move = 0; move < after.length; move++) {
      const corner = this.#corners[move]!;
      if (corner < 0) continue;
      after[move] = bilinear(values, columns, corner, this.#across[move]!, this.#up[move]!);
    }
    return after;
  }

  /**
   * The expected sum of a cost along the walks of a policy, from each state: f = cost + Σⱼ qⱼ f(s′ⱼ), by sweeps.
   * @param masses of the headings at each state, `[states × points]`; they sum to 1 at each
   * @param cost of each state
   * @throws if the policy's walks do not end
   */
  sumAlong(masses: ArrayLike<number>, cost: ArrayLike<number>): Float64Array {
    const { points } = this;
    let values = Float64Array.from(cost);
    for (let sweep = 1; sweep <= MOST_SWEEPS; sweep++) {
      const after = this.next(values);
      let change = 0;
      const own = values;
      values = own.map((value, node) => {
        let sum = cost[node]!;
        for (let i = 0; i < points; i++) sum += masses[node * points + i]! * after[node * points + i]!;
        change = Math.max(change, Math.abs(sum - value) / (1 + Math.abs(sum)));
        return sum;
      });
      if (change < CONVERGED) return values;
    }
    throw new Error(
      `HeadingChain.sumAlong: the walks of the policy do not end: no convergence in ${MOST_SWEEPS} sweeps`,
    );
  }

  /** f at a place, bilinear between nodes. */
  at(values: ArrayLike<number>, place: Point): number {
    return this.#grid.at(values, place);
  }
}
