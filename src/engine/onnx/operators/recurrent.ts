import * as tf from '@tensorflow/tfjs-core';
import type { Operator, OperatorCall, Operators } from './operator.ts';

type Activation = (x: tf.Tensor) => tf.Tensor;

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  sigmoid: (x) => tf.sigmoid(x),
  tanh: (x) => tf.tanh(x),
  relu: (x) => tf.relu(x),
  softplus: (x) => tf.softplus(x),
  softsign: (x) => tf.div(x, tf.add(1, tf.abs(x))),
  elu: (x) => tf.elu(x),
  hardsigmoid: (x) => tf.clipByValue(tf.add(tf.mul(x, 0.2), 0.5), 0, 1),
};

/** One direction of a recurrent layer: its weights, and its activations. */
interface Direction {
  /** `[units, input]` of each gate. */
  readonly w: readonly tf.Tensor[];
  /** `[units, units]` of each gate. */
  readonly r: readonly tf.Tensor[];
  /** `[units]` of each gate, on the side of the input and on that of the state. */
  readonly wb: readonly tf.Tensor[];
  readonly rb: readonly tf.Tensor[];
  /** Peepholes of an LSTM. */
  readonly p: readonly tf.Tensor[];
  readonly activations: readonly Activation[];
  readonly units: number;
}

/** What a layer keeps from step to step: h, and of an LSTM c. */
type State = readonly tf.Tensor[];
/** @param seen of each gate `[batch, units]`: what it sees of the input, with the bias of that side */
type Step = (seen: readonly tf.Tensor[], state: State, direction: Direction) => State;

/** Steps of a sequence, each of which becomes operations of its own. */
const MOST_STEPS = 1024;

interface Kind {
  readonly gates: number;
  /** Names of the usual activations. */
  readonly activations: readonly string[];
  /** How many tensors a state has. */
  readonly states: number;
  readonly step: (call: OperatorCall) => Step;
  /** Where the peepholes are among the inputs. */
  readonly peepholes?: number;
}

/** One row of the first axis, which is that of directions. */
function ofDirection(x: tf.Tensor, direction: number): tf.Tensor {
  if (direction >= x.shape[0]!) throw new Error(`[${x.shape}] has no direction ${direction}`);
  const shape = x.shape.slice(1);
  return tf.reshape(tf.slice(x, [direction, ...shape.map(() => 0)], [1, ...shape]), shape);
}

/** Equal parts of the first axis. */
function partsOf(x: tf.Tensor, count: number, size: number): tf.Tensor[] {
  if (x.shape[0] !== count * size) throw new Error(`[${x.shape}], expected ${count} parts of ${size}`);
  return count === 1 ? [x] : tf.split(x, count, 0);
}

function directionOf(call: OperatorCall, kind: Kind, direction: number, units: number): Direction {
  const { gates } = kind;
  const weights = (input: number) => partsOf(ofDirection(call.input(input), direction), gates, units);
  const bias = call.optional(3);
  const biases =
    bias === undefined
      ? Array.from({ length: 2 * gates }, () => tf.zeros([units]))
      : partsOf(ofDirection(bias, direction), 2 * gates, units);
  const peepholes = kind.peepholes === undefined ? undefined : call.optional(kind.peepholes);
  const names = call.texts('activations') ?? [];
  const activations = kind.activations.map((usual, i) => {
    const name = (names[direction * kind.activations.length + i] ?? usual).toLowerCase();
    if (!Object.hasOwn(ACTIVATIONS, name)) throw new Error(`the activation ${name} is none that is known`);
    return ACTIVATIONS[name]!;
  });
  return {
    w: weights(1),
    r: weights(2),
    wb: biases.slice(0, gates),
    rb: biases.slice(gates),
    p: peepholes === undefined ? [] : partsOf(ofDirection(peepholes, direction), 3, units),
    activations,
    units,
  };
}

/** A recurrent layer, step by step, in one direction or both. */
const layer =
  (kind: Kind): Operator =>
  (call) => {
    if (call.has('activation_alpha') || call.has('activation_beta')) {
      throw new Error('its activations have parameters, expected the usual ones');
    }
    const isBatchFirst = call.number('layout', 0) === 1;
    const turned = (x: tf.Tensor) => (isBatchFirst ? tf.transpose(x, [1, 0, 2]) : x);
    const x = turned(call.input(0));
    const [time = 0, batch = 0, inputs = 0] = x.shape;
    if (x.rank !== 3 || time === 0) throw new Error(`inputs of [${x.shape}], expected steps of rows`);
    if (time > MOST_STEPS) throw new Error(`${time} steps, expected up to ${MOST_STEPS}`);
    const units = call.needed('hidden_size');
    const way = call.text('direction', 'forward');
    if (!['forward', 'reverse', 'bidirectional'].includes(way)) throw new Error(`direction ${way}`);
    const directions = way === 'bidirectional' ? 2 : 1;
    call.budget.claim([time, directions, batch, units], kind.gates * (inputs + units));
    const lengths = call.optional(4) && call.integers(4);
    const step = kind.step(call);
    const all = Array.from({ length: directions }, (_, d) => {
      const direction = directionOf(call, kind, d, units);
      // Of all steps at once what gates see of the inputs.
      const rows = tf.reshape(x, [time * batch, inputs]);
      const seen = direction.w.map((w, gate) => tf.add(tf.matMul(rows, w, false, true), direction.wb[gate]!));
      let state: State = Array.from({ length: kind.states }, (_, i) => {
        const initial = call.optional(5 + i);
        return initial === undefined ? tf.zeros([batch, units]) : ofDirection(turned(initial), d);
      });
      const outputs = new Array<tf.Tensor>(time);
      for (let i = 0; i < time; i++) {
        const t = way === 'reverse' || d === 1 ? time - 1 - i : i;
        const now = seen.map((gate) => (time === 1 ? gate : tf.slice(gate, [t * batch, 0], [batch, units])));
        const after = step(now, state, direction);
        [state, outputs[t]] = ended(after, state, lengths, t);
      }
      return { outputs, state };
    });
    const y = tf.stack(
      all.map(({ outputs }) => tf.stack(outputs)),
      1,
    );
    const last = Array.from({ length: kind.states }, (_, i) => turned(tf.stack(all.map(({ state }) => state[i]!))));
    return [isBatchFirst ? tf.transpose(y, [2, 0, 1, 3]) : y, ...last];
  };

/** The state after a step, and its output: where a sequence has ended the state stays, and outputs are 0. */
function ended(after: State, before: State, lengths: readonly number[] | undefined, t: number): [State, tf.Tensor] {
  if (lengths?.some((length) => t >= length) !== true) return [after, after[0]!];
  const goesOn = tf.tensor2d(
    lengths.map((length) => [Number(t < length)]),
    [lengths.length, 1],
    'bool',
  );
  const state = after.map((value, i) => tf.where(goesOn, value, before[i]!));
  return [state, tf.where(goesOn, after[0]!, tf.zerosLike(after[0]!))];
}

const times = (h: tf.Tensor, r: tf.Tensor): tf.Tensor => tf.matMul(h, r, false, true);

/** Numbers before an activation, within a bound if there is one. */
function clipped(call: OperatorCall): (x: tf.Tensor) => tf.Tensor {
  const clip = call.number('clip', undefined);
  return clip === undefined ? (x) => x : (x) => tf.clipByValue(x, -clip, clip);
}

/** i = f(iₓ + Rᵢ h + pᵢ c), f likewise, c′ = f c + i g(cₓ + R_c h), o = f(oₓ + Rₒ h + pₒ c′), h′ = o h(c′); gates in the order i, o, f, c. */
const lstmStep = (call: OperatorCall): Step => {
  if (call.number('input_forget', 0) === 1)
    throw new Error('its gates are coupled (input_forget), expected two of them');
  const bounded = clipped(call);
  return (seen, [h, c], { r, rb, p, activations: [gate, candidate, output] }) => {
    const before = (i: number) => tf.add(tf.add(seen[i]!, times(h!, r[i]!)), rb[i]!);
    const peeped = (i: number, x: tf.Tensor, cell: tf.Tensor) =>
      p[i] === undefined ? x : tf.add(x, tf.mul(p[i], cell));
    const input = gate!(bounded(peeped(0, before(0), c!)));
    const forget = gate!(bounded(peeped(2, before(2), c!)));
    const cell = tf.add(tf.mul(forget, c!), tf.mul(input, candidate!(bounded(before(3)))));
    return [tf.mul(gate!(bounded(peeped(1, before(1), cell))), output!(cell)), cell];
  };
};

/** z and r = f(…), h̃ = g(hₓ + R (r h)) or g(hₓ + r (R h)), h′ = (1 − z) h̃ + z h; gates in the order z, r, h. */
const gruStep = (call: OperatorCall): Step => {
  const isAfter = call.number('linear_before_reset', 0) !== 0;
  const bounded = clipped(call);
  return (seen, [h], { r, rb, activations: [gate, candidate] }) => {
    const [update, reset] = [0, 1].map((i) => gate!(bounded(tf.add(tf.add(seen[i]!, times(h!, r[i]!)), rb[i]!))));
    const past = isAfter
      ? tf.mul(reset!, tf.add(times(h!, r[2]!), rb[2]!))
      : tf.add(times(tf.mul(reset!, h!), r[2]!), rb[2]!);
    const fresh = candidate!(bounded(tf.add(seen[2]!, past)));
    return [tf.add(tf.mul(tf.sub(1, update!), fresh), tf.mul(update!, h!))];
  };
};

const rnnStep = (call: OperatorCall): Step => {
  const bounded = clipped(call);
  return ([seen], [h], { r, rb, activations: [activation] }) => [
    activation!(bounded(tf.add(tf.add(seen!, times(h!, r[0]!)), rb[0]!))),
  ];
};

/** Layers with a memory. */
export const RECURRENT: Operators = {
  LSTM: layer({ gates: 4, activations: ['Sigmoid', 'Tanh', 'Tanh'], states: 2, step: lstmStep, peepholes: 7 }),
  GRU: layer({ gates: 3, activations: ['Sigmoid', 'Tanh'], states: 1, step: gruStep }),
  RNN: layer({ gates: 1, activations: ['Tanh'], states: 1, step: rnnStep }),
};
