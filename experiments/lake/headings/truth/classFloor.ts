import * as tf from '@tensorflow/tfjs-core';
import type { SoftLakeTask } from '../../../../agents/lake.ts';
import { lakeMap } from '../../../../envs/index.ts';
import { SoftOptimum } from '../../../../envs/lake/softOptimum.ts';
import { Adam, compile, cosineSchedule, portableMath, valueAndGradients } from '../../../../src/index.ts';
import { HeadingChain } from './headingChain.ts';
import type { HeadingFamily } from './headingFamilies.ts';

/** Options of {@link classFloor}. */
export interface ClassFloorOptions {
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
export interface ClassFloor {
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
