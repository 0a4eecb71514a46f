import { describe, expect, test } from 'vitest';
import { type CellWeights, gruCell, indicesOf, lstmCell, type Plain } from '../../oracle/onnxOperators.ts';
import { expectNear, type Numbers, runNode } from '../../support/onnxModel.ts';

const waves = (first: number, ...shape: number[]): Plain => ({
  shape,
  data: indicesOf(shape).map((_, i) => Math.fround(0.7 * Math.sin(first + 2.3 * i))),
});
const [TIME, BATCH, INPUTS, UNITS] = [4, 2, 3, 2];
const rowsOf = (x: readonly number[], count: number) =>
  Array.from({ length: count }, (_, i) => x.slice((i * x.length) / count, ((i + 1) * x.length) / count));

/** Weights of both directions, and those of each for the cells. */
function weightsOf(gates: number, directions: number) {
  const w = waves(1, directions, gates * UNITS, INPUTS);
  const r = waves(2, directions, gates * UNITS, UNITS);
  const b = waves(3, directions, 2 * gates * UNITS);
  const p = waves(4, directions, 3 * UNITS);
  const cells = Array.from({ length: directions }, (_, d): CellWeights => {
    const part = ({ data }: Plain) => rowsOf(data, directions)[d]!;
    return { w: rowsOf(part(w), gates * UNITS), r: rowsOf(part(r), gates * UNITS), b: part(b), p: part(p) };
  });
  return { w, r, b, p, cells };
}

type State = number[][];
type Cell = (weights: CellWeights, x: number[], state: State) => State;

/** Outputs `[time, directions, batch, units]`, and the last states `[directions, batch, units]`. */
function unrolled(
  x: Plain,
  cells: readonly CellWeights[],
  cell: Cell,
  initial: readonly Plain[],
  isReverse: (d: number) => boolean,
  lengths?: number[],
) {
  const steps = rowsOf(x.data, TIME).map((step) => rowsOf(step, BATCH));
  const y = new Array<number>(TIME * cells.length * BATCH * UNITS).fill(0);
  const last = initial.map(() => [] as number[]);
  cells.forEach((weights, d) => {
    for (let n = 0; n < BATCH; n++) {
      let state = initial.map(({ data }) => data.slice((d * BATCH + n) * UNITS, (d * BATCH + n + 1) * UNITS));
      const length = lengths?.[n] ?? TIME;
      for (let i = 0; i < length; i++) {
        const t = isReverse(d) ? length - 1 - i : i;
        state = cell(weights, steps[t]![n]!, state);
        state[0]!.forEach((value, u) => {
          y[((t * cells.length + d) * BATCH + n) * UNITS + u] = value;
        });
      }
      state.forEach((part, i) => last[i]!.push(...part));
    }
  });
  return { y, last };
}

const x = waves(5, TIME, BATCH, INPUTS);
const lstm: Cell = (weights, input, [h, c]) => lstmCell(weights, input, h!, c!);
const gru =
  (isAfter: boolean): Cell =>
  (weights, input, [h]) => [gruCell(weights, input, h!, isAfter)];
const isForward = (): boolean => false;

describe('LSTM', () => {
  test.each(['forward', 'reverse', 'bidirectional'])('%s, with initial states and peepholes', (direction) => {
    const directions = direction === 'bidirectional' ? 2 : 1;
    const { w, r, b, p, cells } = weightsOf(4, directions);
    const initial = [waves(6, directions, BATCH, UNITS), waves(7, directions, BATCH, UNITS)];
    const { y, last } = unrolled(x, cells, lstm, initial, (d) => direction === 'reverse' || d === 1);
    const inputs = [x, w, r, b, undefined, ...initial, p];
    const got = runNode('LSTM', inputs, { hidden_size: UNITS, direction }, { outputs: 3 });
    expectNear(got[0]!, y, [TIME, directions, BATCH, UNITS]);
    expectNear(got[1]!, last[0]!, [directions, BATCH, UNITS]);
    expectNear(got[2]!, last[1]!, [directions, BATCH, UNITS]);
  });

  test('sequences of several lengths: behind the end outputs are 0, and the last state is that of the end', () => {
    const { w, r, b, cells } = weightsOf(4, 2);
    const plain = cells.map((each) => ({ ...each, p: [] }));
    const zeros = { shape: [2, BATCH, UNITS], data: new Array<number>(2 * BATCH * UNITS).fill(0) };
    const { y, last } = unrolled(x, plain, lstm, [zeros, zeros], (d) => d === 1, [2, 4]);
    const lengths: Numbers = { shape: [BATCH], data: [2, 4], type: 'int64' };
    const got = runNode(
      'LSTM',
      [x, w, r, b, lengths],
      { hidden_size: UNITS, direction: 'bidirectional' },
      { outputs: 3 },
    );
    expectNear(got[0]!, y);
    expectNear(got[1]!, last[0]!);
    expectNear(got[2]!, last[1]!);
  });

  test('batch first', () => {
    const { w, r, b, cells } = weightsOf(4, 1);
    const plain = cells.map((each) => ({ ...each, p: [] }));
    const zeros = { shape: [1, BATCH, UNITS], data: new Array<number>(BATCH * UNITS).fill(0) };
    const { y, last } = unrolled(x, plain, lstm, [zeros, zeros], isForward);
    const turn = (data: readonly number[], width: number) =>
      Array.from({ length: BATCH }, (_, n) =>
        Array.from({ length: TIME }, (__, t) =>
          data.slice((t * BATCH + n) * width, (t * BATCH + n + 1) * width),
        ).flat(),
      ).flat();
    const turned = { shape: [BATCH, TIME, INPUTS], data: turn(x.data, INPUTS) };
    const got = runNode('LSTM', [turned, w, r, b], { hidden_size: UNITS, layout: 1 }, { outputs: 2 });
    expectNear(got[0]!, turn(y, UNITS), [BATCH, TIME, 1, UNITS]);
    expectNear(got[1]!, last[0]!, [BATCH, 1, UNITS]);
  });

  test('what does not run is one line', () => {
    const { w, r, b } = weightsOf(4, 1);
    const run = (attributes: object) => () => runNode('LSTM', [x, w, r, b], { hidden_size: UNITS, ...attributes });
    expect(run({ input_forget: 1 })).toThrow("node 'LSTM' (LSTM): its gates are coupled (input_forget)");
    expect(run({ activations: { strings: ['Affine', 'Tanh', 'Tanh'] } })).toThrow(
      'the activation affine is none that is known',
    );
    expect(run({ activation_alpha: { floats: [1] } })).toThrow('its activations have parameters');
    expect(run({ hidden_size: 3 })).toThrow('[16], expected 8 parts of 3');
  });
});

describe('GRU', () => {
  test.each([0, 1])('linear_before_reset %i, in both directions', (linear_before_reset) => {
    const { w, r, b, cells } = weightsOf(3, 2);
    const initial = [waves(6, 2, BATCH, UNITS)];
    const { y, last } = unrolled(x, cells, gru(linear_before_reset === 1), initial, (d) => d === 1);
    const attributes = { hidden_size: UNITS, direction: 'bidirectional', linear_before_reset };
    const got = runNode('GRU', [x, w, r, b, undefined, ...initial], attributes, { outputs: 2 });
    expectNear(got[0]!, y, [TIME, 2, BATCH, UNITS]);
    expectNear(got[1]!, last[0]!, [2, BATCH, UNITS]);
  });

  test('without biases and initial states', () => {
    const { w, r, cells } = weightsOf(3, 1);
    const bare = cells.map((each) => ({ ...each, b: new Array<number>(6 * UNITS).fill(0) }));
    const zeros = { shape: [1, BATCH, UNITS], data: new Array<number>(BATCH * UNITS).fill(0) };
    const { y } = unrolled(x, bare, gru(false), [zeros], isForward);
    expectNear(runNode('GRU', [x, w, r], { hidden_size: UNITS })[0]!, y);
  });
});

test('RNN with another activation and a bound', () => {
  const { w, r, b, cells } = weightsOf(1, 1);
  const zeros = { shape: [1, BATCH, UNITS], data: new Array<number>(BATCH * UNITS).fill(0) };
  const cell: Cell = ({ w: wide, r: past, b: biases }, input, [h]) => [
    h!.map((_, u) => {
      const dot = (a: readonly number[], c: readonly number[]) => a.reduce((sum, value, i) => sum + value * c[i]!, 0);
      const sum = dot(wide[u]!, input) + dot(past[u]!, h!) + biases[u]! + biases[UNITS + u]!;
      return Math.max(0, Math.min(0.6, Math.max(-0.6, sum)));
    }),
  ];
  const { y } = unrolled(x, cells, cell, [zeros], isForward);
  const attributes = { hidden_size: UNITS, activations: { strings: ['Relu'] }, clip: { float: Math.fround(0.6) } };
  expectNear(runNode('RNN', [x, w, r, b], attributes)[0]!, y);
});
