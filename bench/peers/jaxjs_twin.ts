/**
 * The twin in jax-js, a NumPy and JAX of JavaScript, on its WebAssembly backend: whole steps jitted. See serve.py for the protocol and shapes.
 *
 * Its functions consume the arrays that they take; `ref` is one more use of an array.
 */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { PeerInputs, Shown } from '../subjects.ts';
import { warmUp } from '../timing.ts';

interface Value {
  readonly ref: Value;
  readonly shape: number[];
  add(other: Value | number): Value;
  sub(other: Value | number): Value;
  mul(other: Value | number): Value;
  div(other: Value | number): Value;
  neg(): Value;
  sum(axis: number): Value;
  mean(): Value;
  reshape(shape: readonly number[]): Value;
  dataSync(): Float32Array;
}

type Networks = (readonly [Value, Value])[][];

/** What is used of the package, which is found at run time and has types of its own. */
interface JaxJs {
  readonly numpy: Record<'tanh' | 'exp' | 'log' | 'sqrt' | 'square', (x: Value) => Value> &
    Record<'matmul' | 'minimum' | 'less' | 'greaterEqual', (a: Value, b: Value | number) => Value> & {
      array(values: Float32Array): Value;
      zeros(shape: readonly number[]): Value;
      ones(shape: readonly number[]): Value;
      clip(x: Value, low: number, high: number): Value;
      where(condition: Value, yes: Value | number, no: Value | number): Value;
      cumsum(x: Value, axis: number): Value;
      split(x: Value, parts: number | readonly number[], axis: number): Value[];
      concatenate(parts: readonly Value[], axis: number): Value;
    };
  readonly nn: { softmax(x: Value, axis: number): Value; softplus(x: Value): Value };
  readonly random: { key(seed: number): Value; normal(key: Value, shape: readonly number[]): Value };
  readonly tree: { ref<T>(tree: T): T; map<T>(each: (...leaves: Value[]) => Value, ...trees: T[]): T };
  init(device: string): Promise<unknown>;
  defaultDevice(device: string): void;
  jit<A extends unknown[], R>(call: (...args: A) => R): (...args: A) => R;
  valueAndGrad<A extends unknown[]>(call: (...args: A) => Value): (...args: A) => [Value, A[0]];
}

const folder = process.env.OXBOW_JAX_JS;
if (folder === undefined) throw new Error('OXBOW_JAX_JS is not set');
const require = createRequire(join(resolve(folder), 'package.json'));
const jax: JaxJs = require('@jax-js/jax');
const { version } = require(join(resolve(folder), 'node_modules/@jax-js/jax/package.json')) as { version: string };
const { numpy: np, nn, tree } = jax;
const device = process.argv[2]!;
await jax.init(device);
jax.defaultDevice(device);

const [OBSERVATION, ACTION, LAYERS, HIDDEN, BINS, BOUND] = [4, 2, 4, 64, 8, 5];
const [MIN_BIN, MIN_SLOPE] = [1e-3, 1e-3];
const [RATE, EPSILON, CLIP] = [3e-4, 1e-5, 0.2];
const [MAX_LOG_SCALE, GAUSSIAN_MAX_LOG_SCALE] = [5, 10];

/** Inputs and outputs of each network of a policy. */
const SHAPES: Record<string, readonly (readonly [number, number])[]> = {
  gaussian: [[OBSERVATION, 2 * ACTION]],
  realnvp: Array.from({ length: LAYERS }, () => [1 + OBSERVATION, 2] as const),
  spline: Array.from({ length: LAYERS }, () => [1 + OBSERVATION, 3 * BINS - 1] as const),
};

const array = (values: readonly number[], shape: readonly number[]) =>
  np.array(Float32Array.from(values)).reshape(shape);

function networksOf(policy: string, parameters: PeerInputs['parameters']): Networks {
  const flat = parameters[Symbol.iterator]();
  const next = (...shape: number[]) => array(flat.next().value!, shape);
  return SHAPES[policy]!.map(([first, last]) => {
    const widths = [first, HIDDEN, HIDDEN, last];
    return widths.slice(1).map((outputs, i) => [next(widths[i]!, outputs), next(outputs)] as const);
  });
}

function mlp(network: Networks[number], x: Value): Value {
  network.forEach(([kernel, bias], i) => {
    x = np.matmul(x, kernel).add(bias);
    if (i < network.length - 1) x = np.tanh(x);
  });
  return x;
}

function locationAndLogScale(raw: Value, bound: number): [Value, Value] {
  const [location, logScale] = np.split(raw, 2, -1) as [Value, Value];
  return [location, np.tanh(logScale.div(bound)).mul(bound)];
}

const normalLogProb = (x: Value) =>
  np
    .square(x)
    .sum(-1)
    .mul(-0.5)
    .sub(0.5 * ACTION * Math.log(2 * Math.PI));

/** x after the bijector or, inverse, before it, and log |dx'/dx|. */
type Bijector = (x: Value, raw: Value, isInverse: boolean) => [Value, Value];

const affine: Bijector = (x, raw, isInverse) => {
  const [shift, logScale] = locationAndLogScale(raw, MAX_LOG_SCALE);
  if (isInverse) return [x.sub(shift).mul(np.exp(logScale.ref.neg())), logScale.sum(-1).neg()];
  return [np.exp(logScale.ref).mul(x).add(shift), logScale.sum(-1)];
};

/** The edges of the bins, from −BOUND to BOUND. */
function knots(raw: Value): Value {
  const sizes = nn
    .softmax(raw, -1)
    .mul(1 - MIN_BIN * BINS)
    .add(MIN_BIN);
  const start = np.zeros([sizes.shape[0]!, 1]);
  return np
    .concatenate([start, np.cumsum(sizes, -1)], -1)
    .mul(2 * BOUND)
    .sub(BOUND);
}

const spline: Bijector = (x, raw, isInverse) => {
  const [widths, heights, inner] = np.split(raw, [BINS, 2 * BINS], -1) as [Value, Value, Value];
  const [rows] = x.shape as [number];
  const column = () => np.ones([rows, 1]);
  const [xs, ys] = [knots(widths), knots(heights)];
  const slopes = nn.softplus(inner.add(Math.log(Math.expm1(1 - MIN_SLOPE)))).add(MIN_SLOPE);
  const isInside = np.less(np.square(x.ref), BOUND ** 2);
  const v = np.where(isInside.ref, x.ref, 0);
  const edges = np.split((isInverse ? ys : xs).ref, [1, BINS], -1)[1]!;
  const passed = np.where(np.greaterEqual(v.ref, edges), column(), np.zeros([rows, 1]));
  // One where the bin begins below v and the next does not.
  const bin = np.concatenate([column(), passed.ref], -1).sub(np.concatenate([passed, np.zeros([rows, 1])], -1));
  const chosen = (table: Value) => table.mul(bin.ref).sum(-1).reshape([rows, 1]);
  const ends = (table: Value): [Value, Value] => [
    chosen(np.split(table.ref, [BINS], -1)[0]!),
    chosen(np.split(table, [1], -1)[1]!),
  ];
  const [x0, x1] = ends(xs);
  const [y0, y1] = ends(ys);
  const [d0, d1] = ends(np.concatenate([column(), slopes, column()], -1));
  const [width, height] = [x1.sub(x0.ref), y1.sub(y0.ref)];
  const s = height.ref.div(width.ref);
  const bend = d0.ref.add(d1.ref).sub(s.ref.mul(2));
  let t: Value;
  if (isInverse) {
    const w = v.ref.sub(y0.ref).mul(bend.ref);
    const [a, b] = [height.ref.mul(s.ref.sub(d0.ref)).add(w.ref), height.ref.mul(d0.ref).sub(w)];
    const c = s.ref.mul(v.sub(y0.ref)).neg();
    const root = np.sqrt(np.square(b.ref).sub(a.mul(c.ref).mul(4)));
    t = c.mul(2).div(b.neg().sub(root));
  } else t = v.sub(x0.ref).div(width.ref);
  const rest = t.ref.mul(-1).add(1);
  const u = t.ref.mul(rest.ref);
  const denominator = s.ref.add(bend.mul(u.ref));
  const risen = s.ref.mul(np.square(t.ref)).add(d0.ref.mul(u.ref)).div(denominator.ref);
  const out = isInverse ? x0.add(t.ref.mul(width)) : y0.add(height.mul(risen));
  const ratio = np.log(s.ref.div(denominator)).mul(2);
  const ofEnds = d1
    .mul(np.square(t))
    .add(s.mul(2).mul(u))
    .add(d0.mul(np.square(rest)));
  const logSlope = ratio.add(np.log(ofEnds)).mul(isInverse ? -1 : 1);
  return [np.where(isInside.ref, out, x), np.where(isInside, logSlope, 0).sum(-1)];
};

const BIJECTORS: Record<string, Bijector> = { realnvp: affine, spline };

/** x through one coupling, and its log-determinant. */
function coupled(policy: string, networks: Networks, layer: number, observations: Value, x: Value, isInverse: boolean) {
  const halves = np.split(x, 2, -1) as [Value, Value];
  const [kept, moved] = layer % 2 === 0 ? halves : halves.reverse();
  const raw = mlp(networks[layer]!, np.concatenate([kept!.ref, observations], -1));
  const [out, logDet] = BIJECTORS[policy]!(moved!, raw, isInverse);
  return [np.concatenate(layer % 2 === 0 ? [kept!, out] : [out, kept!], -1), logDet] as const;
}

function logProb(policy: string, networks: Networks, observations: Value, x: Value): Value {
  if (policy === 'gaussian') {
    const [mean, logScale] = locationAndLogScale(mlp(networks[0]!, observations), GAUSSIAN_MAX_LOG_SCALE);
    return normalLogProb(x.sub(mean).mul(np.exp(logScale.ref.neg()))).sub(logScale.sum(-1));
  }
  let total = np.zeros([x.shape[0]!]);
  for (let layer = 0; layer < LAYERS; layer++) {
    const [out, logDet] = coupled(policy, networks, layer, observations.ref, x, true);
    [x, total] = [out, total.add(logDet)];
  }
  return total.add(normalLogProb(x));
}

function sample(policy: string, networks: Networks, observations: Value, noise: Value): [Value, Value] {
  let x = noise;
  let total = normalLogProb(noise.ref);
  if (policy === 'gaussian') {
    const [mean, logScale] = locationAndLogScale(mlp(networks[0]!, observations), GAUSSIAN_MAX_LOG_SCALE);
    return [mean.add(np.exp(logScale.ref).mul(x)), total.sub(logScale.sum(-1))];
  }
  for (let layer = LAYERS - 1; layer >= 0; layer--) {
    const [out, logDet] = coupled(policy, networks, layer, observations.ref, x, false);
    [x, total] = [out, total.sub(logDet)];
  }
  return [x, total];
}

interface Subject {
  run(): number;
  show(): Shown;
}

type Make = (policy: string, inputs: PeerInputs, batch: number) => Subject;

const ppoStep: Make = (policy, { parameters, data }, batch) => {
  const column = (name: string, ...sizes: number[]) => array((data[name] as number[][]).flat(), [batch, ...sizes]);
  const inputs = [
    column('observations', OBSERVATION),
    column('latents', ACTION),
    column('advantages'),
    column('oldLogProb'),
  ] as const;
  const loss = (networks: Networks, observations: Value, latents: Value, advantages: Value, old: Value) => {
    const ratio = np.exp(logProb(policy, networks, observations, latents).sub(old));
    const clipped = np.clip(ratio.ref, 1 - CLIP, 1 + CLIP).mul(advantages.ref);
    return np.minimum(ratio.mul(advantages), clipped).mean().neg();
  };
  type State = readonly [networks: Networks, means: Networks, squares: Networks];
  const update = jax.jit(
    (state: State, ofMeans: Value, ofSquares: Value, ...inputs: [Value, Value, Value, Value]): [State, Value] => {
      const [networks, means, squares] = state;
      const [value, gradients] = jax.valueAndGrad(loss)(tree.ref(networks), ...inputs);
      const nextMeans = tree.map((m, g) => m!.mul(0.9).add(g!.mul(0.1)), means, tree.ref(gradients));
      const nextSquares = tree.map((v, g) => v!.mul(0.999).add(np.square(g!).mul(0.001)), squares, gradients);
      const moved = tree.map(
        (x, m, v) =>
          x!.sub(
            m!
              .div(ofMeans.ref)
              .div(np.sqrt(v!.div(ofSquares.ref)).add(EPSILON))
              .mul(RATE),
          ),
        networks,
        tree.ref(nextMeans),
        tree.ref(nextSquares),
      );
      return [[moved, nextMeans, nextSquares], value];
    },
  );
  const networks = networksOf(policy, parameters);
  const zeros = () => tree.map((x) => np.zeros(x!.shape), tree.ref(networks));
  let state: State = [networks, zeros(), zeros()];
  let steps = 0;
  const run = () => {
    steps++;
    const corrections = [0.9, 0.999].map((decay) => array([1 - decay ** steps], [])) as [Value, Value];
    const [next, value] = update(state, ...corrections, ...tree.ref(inputs));
    state = next;
    return value.dataSync()[0]!;
  };
  return { run, show: () => ({ losses: Array.from({ length: 8 }, run) }) };
};

const act: Make = (policy, { parameters, data }, batch) => {
  const networks = networksOf(policy, parameters);
  const observations = array((data.observations as number[][]).flat(), [batch, OBSERVATION]);
  const draw = jax.jit((networks: Networks, observations: Value, key: Value) =>
    sample(policy, networks, observations, jax.random.normal(key, [batch, ACTION])),
  );
  let draws = 0;
  const actions = () => {
    const [action, logProb] = draw(tree.ref(networks), observations.ref, jax.random.key(draws++));
    return { action: action.dataSync(), logProb: logProb.dataSync() };
  };
  return {
    run() {
      const { action, logProb } = actions();
      return action[0]! + logProb[0]!;
    },
    show() {
      const { action, logProb } = actions();
      return { action: [...action], logProb: [...logProb] };
    },
  };
};

const MAKE: Record<string, Make> = { 'ppo-step': ppoStep, act };

const subjects = new Map<string, Subject & { isWarm?: boolean }>();

async function answer(request: Record<string, unknown>): Promise<unknown> {
  const { batch, repeats } = request as { batch: number; repeats: number };
  const row = (request.make ?? request.show ?? request.run) as string;
  if (request.make !== undefined) {
    const [kind, policy] = row.split('/') as [string, string];
    subjects.set(`${row} ${batch}`, MAKE[kind]!(policy, request as unknown as PeerInputs, batch));
    return {};
  }
  const subject = subjects.get(`${row} ${batch}`)!;
  if (request.show !== undefined) return subject.show();
  if (!subject.isWarm) await warmUp(subject.run);
  subject.isWarm = true;
  const [begin, used] = [performance.now(), process.cpuUsage()];
  for (let i = 0; i < repeats; i++) subject.run();
  const ms = performance.now() - begin;
  const { user, system } = process.cpuUsage(used);
  return { ms: ms / repeats, processorMs: (user + system) / 1e3 / repeats };
}

console.log(JSON.stringify({ version: `jax-js ${version}` }));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line))));
}
