import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import * as agents from '../agents/index.ts';
import * as experiments from '../cli/index.ts';
import * as datasets from '../datasets/index.ts';
import * as envs from '../envs/index.ts';
import * as mujoco from '../envs/mujoco/index.ts';
import * as engine from '../src/engine/index.ts';
import * as oxbow from '../src/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: these calls are what the types forbid.
type Any = any;
const all: Record<string, Any> = { ...experiments, ...agents, ...datasets, ...mujoco, ...envs, ...engine, ...oxbow };
const { make, makeVec, PendulumEnv, Box, Rng, Mlp, Normal, MultivariateNormalDiag, maf, Coupling, NeuralOde } = all;

const rng = new Rng('wrong calls');
const [zeros, ones]: Any[] = [tf.zeros, tf.ones];
const one = () => ones([1]);
const box = () => new Box({ low: -1, high: 1, shape: [2] });
const bare = () => new PendulumEnv();
const pendulum = () => make('Pendulum-v1');
const spaces = () => ({ observationSpace: pendulum().observationSpace, actionSpace: pendulum().actionSpace });
const mlp = () => new Mlp({ inputDim: 2, hidden: [4], outputDim: 1, rng });
const made = (name: Any, options = {}) => all.makePolicy(name, { ...spaces(), rng, hidden: [4], ...options });
const layer = { dim: 2, family: all.affineFamily, rng };
/** What the calls of the table name, beside the exports of all modules. */
const helpers = {
  ...{ rng, zeros, ones, one, box, bare, pendulum, spaces, mlp, made, layer },
  ...{ inf: Number.POSITIVE_INFINITY, nan: Number.NaN, sizes: { observationDim: 2, actionDim: 1, rng } },
  variable: () => tf.variable(ones([2])),
  normal: () => new Normal({ loc: one(), logScale: one() }),
  diag: () => new MultivariateNormalDiag({ loc: ones([3, 2]), logScale: ones([2]) }),
  flow: () => maf({ dim: 2, rng }),
  conditional: () => maf({ dim: 2, contextDim: 1, rng }),
  coupling: (options = {}) => new Coupling({ ...layer, transformed: 'first', ...options }),
  spline: (options = {}) =>
    new all.RationalQuadraticSpline({ bins: zeros([2, 4, 1]), derivatives: zeros([3, 1]), bound: 1, ...options }),
  ode: (options = {}) => new NeuralOde({ field: new all.MlpField({ dim: 2, rng }), ...options }),
  masked: (options = {}) => new all.Made({ dim: 4, outputs: 1, hidden: [4], rng, ...options }),
  loading: (path: string, value: unknown) => mlp().loadStateDict({ ...mlp().stateDict(), [path]: value }),
  policy: () => made('gaussian'),
  vec: () => makeVec('Pendulum-v1', { numEnvs: 2 }),
  running: (env: Any) => env.reset({ seed: 0 }) && env,
  circle() {
    const value = { self: {} };
    value.self = value;
    return value;
  },
  /** An environment with Pendulum's observations, whose actions are of another box. */
  otherBox: () => Object.defineProperty(bare(), 'actionSpace', { value: new Box({ low: -9, high: 9, shape: [2] }) }),
  cloning() {
    const demonstrations = { observations: new Float32Array(12).fill(1), actions: new Float32Array(4) };
    return new all.BehaviorCloning({ policy: made('gaussian'), demonstrations });
  },
  training: (options: object) => all.train({ env: 'Pendulum-v1', agent: 'ppo', steps: 10, ...options }),
};

/**
 * Calls that are wrong, by area: `who the error must name: call | call`. A call that begins with its arguments is one of the owner, with `new`
 * where that is a class.
 */
const CALLS = {
  distributions: `
  Normal: (0, 1) | ({ loc: 0, logScale: 1 }) | ({ loc: one() }) | ({ loc: one(), scale: one() })
    | ({ loc: [0], logScale: [0] }) | normal().sample(undefined) | normal().sample(rng, 5)
    | normal().sample(rng, [-1]) | normal().sampleWithLogProb({}) | normal().logProb(0) | normal().cdf([0])
    | normal().quantile(0.5) | normal().survival(null) | normal().entropyEstimate(rng, '64')
  StudentT: ({ df: 3, loc: one(), logScale: one() })
  Uniform: ({ dim: 2, low: '0', high: 1 }) | ({ dim: 2, low: 0, high: 1, batchShape: 3 })
  TruncatedNormal: ({ loc: one(), logScale: one(), low: nan, high: 1 })
  RelaxedOneHotCategorical: ({ temperature: '1', logits: ones([2]) })
  ExpRelaxedOneHotCategorical: ({ temperature: nan, logits: ones([2]) })
  MultivariateNormalDiag: ({ loc: [0, 0], logScale: [0, 0] }) | diag().sample() | diag().logProb([0, 0])
  MultivariateNormalLowRank: ({ loc: ones([2]), logScale: ones([2]), factor: 1 })
  StandardNormal: (2, 3) | new StandardNormal(2).sample()
  MixtureSameFamily: ({ components: [normal(), normal()] }) | ({ components: diag(), weights: ones([3]) })
  BatchBroadcast: (normal())
  TransformedDistribution: (normal(), new Tanh()) | ({ base: normal(), bijector: (x) => x })
    | ({ base: new StandardNormal(3), bijector: new SoftmaxCentered(2) })
  checkDistribution: (new Tanh()) | (normal(), { sampels: 3 }) | (normal(), { rng: 'seed' })
    | (normal(), { samples: 10 })
  kl: (normal()) | (normal(), { loc: 0 })
  klEstimate: (normal(), normal())
  midpointFractions: (-1) | (0.5)
  splineQuantiles: (ones([2, 7]), 2)
  `,
  bijectors: `
  Tanh: new Tanh().forward(5) | new Tanh().inverse([0]) | new Tanh().forwardAndLogDet(null)
  Shift: (nan) | new Shift([1, 2]).forward(zeros([2, 3])) | new Shift(ones([4, 3])).forward(zeros([2, 3]))
  Scale: ([1, 'a']) | ([1, 0]) | (inf)
  ShiftScale: ({ shift: '1' }) | ({ logScale: nan }) | ({ scale: 1, logScale: 0 })
    | ({ shift: [1, 2], scale: [1, 2, 3] })
  Power: (0)
  LeakyRelu: ({ slope: 0 })
  PRelu: ({ initialSlope: 0.01 }) | ({ dim: 1.5 }) | ({ crossingWidth: -1 })
  SoftClip: ({}) | ({ low: 0, hingeSoftness: 0 }) | ({ low: [0, 2], high: 2 }) | ({ low: [0, 1], high: [2] })
    | ({ low: [] }) | ({ high: 1e38 }) | ({ low: 1e8, high: 1e8 + 1 })
  SinhArcsinh: ({ tailweight: [1, 0] }) | ({ skewness: inf }) | ({ skewness: [1, 2], tailweight: [1, 2, 3] })
  SoftmaxCentered: (0)
  Chain: ([]) | ([new Tanh(), (x) => x]) | ([new Reverse(2), new Reverse(3)])
    | ([new Shift(ones([2, 1])), new Scale(ones([3, 1]))])
  Blockwise: ([]) | ([new Tanh()]) | ([new Reverse(2)], [3]) | ([new Tanh()], [0]) | ([new Tanh()], [1, 2])
    | ([new Shift(zeros([2, 2])), new Shift(zeros([3, 2]))])
  Invert: (normal())
  Permute: ([]) | ([0, 0]) | ([0, 2])
  Reverse: (0)
  BatchNorm: ({ dim: 1, momentum: 1 }) | ({ dim: 1, epsilon: 0 })
    | whileTraining(() => new BatchNorm({ dim: 2 }).inverse(zeros([1, 2])))
  ActNorm: new ActNorm(2).initialize(ones([3, 1]))
  TriangularAffine: ({ shift: zeros([2]), logDiagonal: zeros([2]) }) | TriangularAffine.learnable(0)
  Planar: ({ w: [1], u: [1], b: 0 })
  Sylvester: ({ v: ones([1, 3]), strength: ones([2]), logDiagonal: ones([2]), b: ones([2]) })
    | ({ v: ones([3, 2]), strength: ones([3]), logDiagonal: ones([3]), b: ones([3]) })
  sylvesterFamily: ({ rank: 0 })
  LowRankAffine: ({ logDiagonal: zeros([3]), v: zeros([2, 1]) }) | ({ logDiagonal: zeros([3]), v: zeros([3, 0]) })
    | ({ shift: zeros([2, 3]), logDiagonal: zeros([4, 3]), v: zeros([3, 1]) })
  RationalQuadraticSpline: spline({ derivatives: zeros([4, 1]) }) | spline({ bins: zeros([4, 1]) })
    | spline({ bound: 0 }) | spline({ minBinSize: 0.25 }) | spline({ minDerivative: 0 })
  rationalQuadraticSplineFamily: ({ bins: 1 })
  circularSplineFamily: ({ bins: 2.5 })
  CircularSpline: ({ bins: zeros([2, 8, 4]), derivatives: zeros([8, 4]), phase: zeros([3]) })
  DeepSigmoidal: ({ parameters: ones([4]), unit: 3 })
  Coupling: coupling({ transformed: 'half' }) | coupling({ family: 'affine' }) | coupling({ rng: undefined })
    | coupling({ hiden: [4] }) | coupling({ hidden: 4 }) | coupling({ dim: 1 }) | coupling({ transformed: [] })
    | coupling({ transformed: [0, 2] }) | coupling({ transformed: [1, 1] }) | coupling({ contextDim: -1 })
    | coupling({ contextDim: 1 }).forward(zeros([1, 2]))
    | coupling({ contextDim: 1 }).given(zeros([2, 1])).forward(zeros([3, 2]))
  Autoregressive: ({...layer, rng: 7 }) | ({...layer, parallel: 'both' }) | ({...layer, order: 'backwards' })
    | ({...layer, dim: 1 })
  BlockAutoregressive: ({ dim: 2, rng, hidden: '64' }) | ({ dim: 2, rng, hidden: [] })
  LocationScale: ({ dim: 2, rng, scale: 'fre' })
  MlpField: ({ dim: 2, rng, trace: 3 }) | ({ dim: 2, rng, trace: { probes: 0 } }) | ({ dim: 2, rng, hidden: [] })
    | new MlpField({ dim: 2, rng }).resample(rng)
  NeuralOde: ({ field: (x) => x }) | ode({ solver: 'euler' }) | ode({ solver: { kind: 'fix', steps: 3 } })
    | ode({ solver: { kind: 'fixed', steps: 0 } }) | ode({ solver: { kind: 'fixed', steps: 4, method: 'mid' } })
    | ode({ solver: { kind: 'adaptive', rtol: 0 } }) | ode({ solver: { kind: 'adaptive', atol: -1 } })
    | ode({ solver: { kind: 'adaptive', maxSteps: 1.5 } })
  initializeActNorms: (new Tanh(), [1])
  checkBijector: (normal()) | (new Tanh(), { dims: 3 }) | (new Tanh(), { dim: 0 })
    | (new Tanh(), { domain: ['0', nan] })
  monotoneInverse: ((x) => [x, x], one(), { low: -1, high: 1, steps: 0 })
  `,
  networks: `
  Mlp: ({ inputDim: 2, hidden: 64, outputDim: 1, rng }) | ({ inputDim: 2, hidden: [64], outputDim: 1 })
    | ({ inputDim: 2, hidden: [64], outputDim: 1, rng, outputScale: 'a' }) | mlp().apply(3)
    | mlp().apply(undefined) | ({ inputDim: 2, hidden: [64], outputDim: 1, rng, activation: 'rleu' })
  Dense: ({ inputDim: 2, outputDim: 0, rng }) | ({ inputDim: 2, outputDim: 3, rng, kernelInitializer: 'zeros' })
    | new Dense({ inputDim: 2, outputDim: 3, rng }).apply([1, 2])
  Conv2d: ({ channels: 1, filters: 1, size: 3, rng, padding: 'full' }) | ({ channels: 2, filters: 0, size: 3, rng })
    | new Conv2d({ channels: 2, filters: 1, size: 3, rng }).apply(ones([1, 5, 4, 3]))
  Cnn: ({ image: 84, convolutions: [], features: 3, rng }) | ({ image: [20, 8, 4],...cnnPresets.nature, rng })
  LayerNorm: ({ dim: 0 }) | ({ dim: 2, epsilon: 0 })
  BatchRenorm: ({ dim: 3, dim: 0 }) | ({ dim: 3, momentum: 1 }) | ({ dim: 3, epsilon: 0 }) | ({ dim: 3, warmUp: 1.5 })
    | ({ dim: 3, maxScale: 0.5 }) | ({ dim: 3, maxShift: -1 }) | new BatchRenorm({ dim: 3 }).apply(zeros([4, 2]))
    | whileTraining(() => new BatchRenorm({ dim: 3 }).apply(zeros([1, 3])))
  Made: masked({ order: [0, 1, 2] }) | masked({ order: [0, 1, 2, 2] }) | masked({ dim: 0 }) | masked({ outputs: 1.5 })
    | masked({ features: 0 }) | masked({ contextDim: -1 })
  loadStateDict: mlp().loadStateDict(null) | mlp().loadStateDict({}) | loading('layers.0.kernel', null)
    | loading('layers.0.bias', { shape: [4], values: ['a', 1, 2, 3] })
    | loading('layers.0.bias', { shape: [4], values: [nan, 1, 2, 3] })
  saveModule: (mlp(), 5) | ({}, '/tmp/x.json')
  loadModule: (7, mlp()) | ('/nowhere/x.json', 5)
  fingerprint: ({ f: () => 1 }) | (circle()) | (Symbol('a')) | ({ n: 1n }) | (new Map([[1, 2]]))
  `,
  flows: `
  glow: ({ dim: '2', rng }) | ({ dim: 2.5, rng }) | ({ dim: -1, rng })
  maf: ({ dim: 2, rng: {} }) | ({ dim: 2, rng, layers: 0 })
  iaf: ({ dim: 2, rng, initialScale: 0 })
  circularSplineFlow: ({ dim: 2, rng, bound: 3 })
  continuousFlow: ({ dim: 2, rng, solver: 'rk' })
  Flow: ({ dim: 2, bijector: 'tanh' }) | ({ dim: 2, bijector: new Tanh(), base: normal() }) | flow().given([1])
    | conditional().given() | conditional().given([[1]])
  Flow.at: conditional().at() | conditional().at([1, 2]) | conditional().at([nan]) | flow().at([1])
  Flow.sample: flow().sample(0) | flow().sample(3, rng) | flow().sample(3, { context: [[1]] })
    | conditional().sample(3) | conditional().sample(3, { context: [[1], [2]] })
  Flow.logProb: flow().logProb([[1]]) | flow().logProb([[1, nan]]) | conditional().logProb([[1, 2]])
    | conditional().logProb({ events: new Float32Array(6), context: new Float32Array(2) })
  distill: (conditional(), flow(), { steps: 1, rng }) | (conditional(), conditional(), { steps: 1, rng })
    | (flow(), flow(), { steps: 1, rng, context: () => [[0]] }) | (flow(), flow(), { steps: 0, rng })
  `,
  policies: `
  checkPolicy: ({ given: () => normal() }) | (policy(), { samples: 0.5 })
  makePolicy: made('gausian') | made(undefined) | ('gaussian', spaces()) | made('gaussian', { hiden: [4] })
    | made('gaussian', { observationSpace: 3 }) | made('gaussian', { env: 'Pendulum-v1' })
    | made('gaussian', { initialScale: 0 }) | made('gaussian', { hidden: [4, 0] })
    | made('gaussian', { hidden: [], parameters: 9 }) | made('gaussian', { for: 'sacc' })
    | made('spline', { bins: 1 }) | made('spline', { squash: 'warp' })
    | made('gaussian', { actionSpace: new Discrete(3) }) | made('categorical')
    | made('multi-categorical', { actionSpace: new Discrete(3) }) | made('truncated-normal', { squash: 'tanh' })
    | made('q-network', { actionSpace: new Discrete(3), epsilon: 1 })
  GaussianPolicy: policy().act([1, 2]) | policy().act('x') | policy().act(['0.1', 0, 0]) | policy().act([1e300, 0, 0])
    | policy().act([nan, 0, 0]) | policy().act([1, 0, 0], { greedi: true })
    | policy().act([1, 0, 0], { acting: { hold: 0 } }) | policy().act([1, 0, 0], { acting: 'mode' })
    | policy().act([1, 0, 0], { actionMask: [1, 0] }) | policy().given([1, 2, 3]) | policy().given(zeros([4, 4]))
    | policy().given(zeros([4, 3], 'int32')) | policy().toOnnx(undefined, { bach: 3 })
    | policy().toOnnx(undefined, { batch: 1.5 }) | policy().toOnnx(undefined, { acting: { hold: 2 } })
  greedy: policy().greedy(ones([1, 3]), 0)
  tempered: policy().tempered(ones([1, 3]), 0, { candidates: 0 })
  boxSquash: ({ low: [0, 1], high: [1, 1] }) | ({ low: [0, 1], high: [1] }) | ({ low: [-inf], high: [1] })
    | ({ low: [1], high: [1 + 1e-9] }) | ({ low: [-3e38], high: [3e38] })
  TruncatedNormalPolicy: made('truncated-normal', { actionSpace: { low: [-inf], high: [1], shape: [1] } })
    | made('truncated-normal', { actionSpace: { low: [-3e38], high: [3e38], shape: [1] } })
  MixturePolicy: ({...sizes, spread: 1 })
  RelaxedMixturePolicy: ({...sizes, spread: nan })
  ImplicitPolicy: ({...sizes, squash: boxSquash({ low: [0, 0], high: 1 }) })
  Actor: policy().actor({}) | policy().actor({ rng, bach: 3 }) | policy().actor({ rng, batch: 0 })
    | policy().actor({ rng, candidates: 1.5 }) | policy().actor({ rng, acting: 'mode' })
    | policy().actor({ rng, acting: { temperature: nan } }) | policy().actor({ rng, greedy: true, acting: {} })
    | made('implicit').actor({ rng, acting: { rule: 'densest' } })
  savePolicy: ('/tmp/never.json', {})
  loadPolicy: ('/nowhere/policy.json')
  policyFromJson: ('{}')
  policyToJson: (policy(), { a: () => 1 })
  registerPolicy: ('mine', {}) | ('gaussian', { description: 'a', make: () => policy() })
  sampleAction: (policy().given(ones([1, 3])))
  `,
  analysis: `
  diagnoseFlow: (flow().given()) | (flow().given(), { rng, samples: 1 })
  modes: (flow(), { rng }) | (normal(), { rng }) | (flow().given(), { rng, dip: 0 })
    | (flow().given(), { rng, starts: 0 })
  momentsEstimate: (normal()) | (flow().given(), { rng, samples: 1 })
  negentropyEstimate: (normal()) | (flow().given(), { rng, samples: 1 })
  policyNegentropy: (flow(), ones([1, 3]), { rng }) | (policy(), [1, 2, 3], { rng })
    | (policy(), ones([1, 3])) | (policy(), ones([1, 3]), { rng, samples: 1 })
  expectationEstimate: (normal(), 5, { rng })
  mutualInformationEstimate: (new StandardNormal(3), { rng, ranges: [ [-1, 1], [-1, 1] ] })
  MarginalByQuadrature: ({ joint: flow().given(), out: 2, range: [-1, 1] })
    | ({ joint: flow().given(), out: 0, range: [1, 1] })
    | ({ joint: flow().given(), out: 0, range: [-1, 1], points: 1 })
    | ({ joint: new StandardNormal(1), out: 0, range: [-1, 1] })
  ConditionalByQuadrature: ({ joint: flow().given(), of: 0, given: zeros([2]), range: [-1, 1] })
    | ({ joint: flow().given(), of: -1, given: zeros([1]), range: [-1, 1] })
  actionDensity: (policy(), [1, 2])
  `,
  engine: `
  Rng: (nan) | rng.split({}) | rng.uniform('a', 2) | rng.uniform(1, 0) | rng.normal(0, -1) | rng.normal(0, nan)
    | rng.integer(5, 2) | rng.permutation(-1) | rng.permutation(2.5) | rng.fillNormal([0, 0]) | rng.normalTensor([-1])
    | rng.uniformTensor('x') | rng.restore(undefined) | Rng.fromState({ seed: 'a', generator: {} })
  linearSchedule: (nan) | (1, 'a') | (inf) | linearSchedule(1)('0.5')
  cosineSchedule: (1, nan) | cosineSchedule(1)()
  geometricSchedule: (0, 1) | (1, -1)
  Adam: ([3]) | ([ones([2])]) | ([variable()], { lr: 1e-3 }) | ([variable()], { epsilon: nan })
    | new Adam([variable()]).update([ones([2])], nan) | new Adam([variable()]).update([5], 1e-3)
  RmsProp: ([variable()], { rho: 0.9 })
  Sgd: ([variable()], { momentum: 2 }) | ([variable()], { momentum: 0.5, nesterov: 'yes' })
  clipByGlobalNorm: ([3], 1) | ([one()], nan)
  `,
  spaces: `
  Box: ({ low: -1, high: 1, shape: 2 }) | ({ low: -1, high: 1, shape: [2], dtype: 'float16' })
    | ({ low: nan, high: 1, shape: [2] }) | box().sample(7)
  Discrete: (3, 'a') | new Discrete(3).sample()
  MultiDiscrete: ([3, 'a']) | ([3], [1, 2])
  Dict: ({}) | ([box()]) | ({ a: { size: 3 } })
  Tuple: ([1]) | ([])
  Text: (3, { minLen: 1 }) | (3, { charset: 5 })
  flatten: (box()) | (box(), [0, 0])
  unflatten: (box(), Float32Array.of(1))
  `,
  envs: `
  Pendulum: pendulum().reset(42) | pendulum().reset({ sed: 1 }) | pendulum().reset({ seed: nan })
    | pendulum().reset({ options: { stat: [0, 0] } }) | pendulum().step(Float32Array.of(0))
    | running(pendulum()).step([1, 2, 3]) | running(pendulum()).step(0.5)
    | running(pendulum()).step(Float32Array.of(nan)) | running(bare()).step(['a']) | new PendulumEnv({ g: '9' })
  CartPole: running(new CartPoleEnv()).step(2) | running(new CartPoleEnv()).step('1')
  MountainCarContinuous: running(new MountainCarContinuousEnv()).step([1, 2])
  MountainCar: running(new MountainCarEnv()).step(7)
  Acrobot: running(new AcrobotEnv()).step(-1)
  Lake: running(new LakeEnv()).step([1, 2, 3, 4]) | new LakeEnv({ strid: 0.1 })
  Multigoal: running(new MultigoalEnv()).step([1, 2, 3])
  SparseGrid: running(new SparseGridEnv()).step([1, 2, 3])
  Avoiding: running(new AvoidingEnv()).step([1, 2, 3]) | new AvoidingEnv({ follow: 2 })
  Gridworld: running(new GridworldEnv()).step('up')
  Bandit: running(new BumpBanditEnv()).step('a') | new OpponentBanditEnv().reset('seed')
  make: ('Pendulm-v1') | ('Pendulum-v1', { gee: 9 }) | ('Pendulum-v1', { maxEpisodeSteps: -1 })
    | ('Pendulum-v1', { disableEnvChecker: 'no' })
  FrameStack: make('Pendulum-v1', { frameStack: 0 })
  makeVec: ('Pendulum-v1', { numEnvs: 0 }) | ('Pendulum-v1', { num_envs: 2 })
    | ('Pendulum-v1', { numEnvs: 2, workers: 1.5 })
  register: ({ id: 'Mine-v0' }) | ({ id: 'Mine', entryPoint: () => bare() })
  SyncVectorEnv: evaluate({ policy: policy(), env: () => 5 }) | ([bare()]) | ([() => undefined])
    | ([bare], { autoresetMode: 'never' }) | vec().reset({ sed: 1 }) | vec().reset({ mask: [1] })
    | running(vec()).step([1]) | running(vec()).step(Float32Array.of(nan, 1)) | vec().setState({})
  FlatVectorEnv: (vec(), { mask: true })
  TransformReward: (bare(), 5)
  TransformObservation: (bare(), (x) => x, 3)
  TimeLimit: (bare(), '5')
  ClipAction: (new CartPoleEnv())
  RescaleAction: (bare(), 'a', 1)
  NormalizeReward: (bare(), { gamma: '0.9' })
  RecordTrajectory: (bare(), { onEpisode: 5 })
  checkEnv: (bare(), { stepz: 3 }) | (bare(), { steps: '3' })
  Drawing: ({ x: [0, 1], y: [nan, 1], label: 'a' })
  LakeDemonstrators: ({ side: 'x' })
  fourCornerData: ('5', rng)
  Hopper: new HopperEnv({ frameSkip: 'a' })
  HalfCheetah: new HalfCheetahEnv({ forwardRewardWeight: nan })
  HumanoidStandup: new HumanoidStandupEnv({ resetNoiseScale: -1 })
  `,
  datasets: `
  spaceFromJson: ({ type: 'Graph' }) | ({ type: 'Discrete', n: '3', start: 0 })
    | ({ type: 'Dict', subspaces: { a: { type: 'Sequence' } } })
    | ({ type: 'Box', dtype: 'complex64', shape: [1], low: 0, high: 1 })
  spaceToJson: ({ n: 3 })
  EpisodesInMemory: ({...spaces(), episodes: 5 }) | ({...spaces(), episodes: [{}] })
  /nowhere: openDataset('/nowhere') | loadPolicies('/nowhere')
  splitEpisodes: (5, { rng, share: 0.5 })
  writeDataset: ('/tmp/never', 5) | ({}, '/tmp/never', 'csv', { signal: 5 })
  ContentHash: new ContentHash().add(5)
  `,
  agents: `
  checkAgent: (cloning(), { step: 20 }) | (cloning(), { steps: 0 })
  evaluate: ({ policy: policy(), env: 5 }) | ({ policy: policy(), env: 'CartPole-v1' })
    | ({ policy: policy(), env: 'Pendulum-v1', acting: { rule: 'dense' } })
    | ({ policy: policy(), env: 'Pendulum-v1', episode: 3 }) | ({ policy: policy(), env: 'Pendulum-v1', episodes: 0 })
    | ({ policy: policy(), env: otherBox(), episodes: 1 })
  collectEpisodes: ({ policy: 'radom', env: 'Pendulum-v1', episodes: 1 })
    | ({ policy: policy(), env: () => otherBox(), episodes: 1 })
  train: training({ agent: 'pppo' }) | training({ steps: -1 }) | training({ step: 10 })
    | training({ agentOptions: { lr: 1 } }) | training({ agentOptions: { learningRate: 'a' } })
  generalizedAdvantages: ({ horizon: 2, envs: 1, rewards: [1] }, {})
  episodeStatistics: ([5])
  stateFromJson: ('{')
  stateToJson: (new Map()) | (circle())
  `,
  experiments: `
  Bootstrap: ({ rng, resamples: 1e12 }) | ({ rng, level: 95 })
    | new Bootstrap({ rng, resamples: 10 }).interval([1, 2]) | new Bootstrap({ rng, resamples: 10 }).interval([['a']])
  improvementInterval: ([1], [2])
  performanceProfile: ([1, 2], [nan], { rng, resamples: 10 })
  interquartileMean: ([]) | (['a'])
  holm: ([2])
  pairedPermutationTest: ([1], [1, 2])
  wilsonInterval: (5, 2)
  defineExperiment: ({ name: 'a', jobs: 5 })
  `,
};

/** Take anything, or are for programs that know what they do: bases of classes, and parts of what is checked as a whole. */
const UNCHECKED = `
  ActionSamples AntHeadingEnv BanditEnv BaseEnv Bijector ContentHash Distribution DivergedError Exp Identity
  LakeDemonstrators LakeWalkEnv MixtureNetwork Module ObservationEncoder ObservationLayout ObservationNormalizer
  Optimizer Softplus Softsign SquashedDistribution Tanh VectorField actionDensity boxSquash checkSpace choicesOf
  episodeStatistics fingerprint householderFamily inverseFamily isTraining maskedLogits mjcf newVectorStep
  notSpace policies registeredEnvs selectBackend selectEngine shortestPathDirection stateToJson stopGradient
  sumLogDet sylvesterFamily threeScript traceToOnnx trainStream valueAndGradients whileTraining withDensity
`.match(/\w+/g)!;

const RAW = /^(TypeError|RangeError|ReferenceError|SyntaxError)$/;
const EXPECTATION = /expected|wanted|must|needs?\b|unknown|did you mean|cannot|no such|is no |has no |call /i;
const isClass = (name: string): boolean => /^class\b/.test(String(all[name]));

/** What is wrong with what a call does; undefined if it throws one line that names the owner and what was expected. */
async function complaint(owner: string, call: () => unknown): Promise<string | undefined> {
  try {
    const result = (await call()) as Any;
    if (typeof result?.next === 'function') await result.next();
    return 'silent';
  } catch (error) {
    const { name, message } = error as Error;
    if (!(error instanceof Error) || RAW.test(name)) return `raw: ${name}: ${message}`;
    // But for a list of what is known, which tells more than it takes.
    const line = message.replace(/(one of|known are) [^()]*/, '');
    if (/\n|\r/.test(message) || line.length > 300) return `not one line: ${message.length} ${message.slice(0, 400)}`;
    if (!message.includes(owner)) return `does not name ${owner}: ${message}`;
    return EXPECTATION.test(message) ? undefined : `says not what was expected: ${message}`;
  }
}

describe('wrong calls throw one line that names who was called and what was expected', () => {
  const scope = { ...all, ...helpers };
  const evaluate = (code: string): unknown =>
    new Function(...Object.keys(scope), `return ${code}`)(...Object.values(scope));

  it.each(Object.entries(CALLS))('%s', async (_, table) => {
    const complaints: string[] = [];
    const rows = [...table.replaceAll(/\n +\|/g, ' |').matchAll(/^ +(\S+): (.*)$/gm)];
    expect(rows.length).toBeGreaterThan(5);
    for (const [, owner, calls] of rows) {
      for (const call of calls!.split(' | ')) {
        const code = call.startsWith('(') ? `${isClass(owner!) ? 'new ' : ''}${owner}${call}` : call;
        const said = await complaint(owner!, () => evaluate(code));
        if (said !== undefined) complaints.push(`${code}: ${said}`);
      }
    }
    expect(complaints).toEqual([]);
  });

  const names = Object.keys({ ...agents, ...datasets, ...mujoco, ...envs, ...engine, ...oxbow }).filter(
    (name) => typeof all[name] === 'function' && !UNCHECKED.includes(name) && !/Policy$|LakeEnv$/.test(name),
  );

  it('every export refuses an option that there is not, and does no harm with other arguments', async () => {
    const complaints: string[] = [];
    for (const name of names) {
      // Environments are named without their end, what flattens by that.
      const owner = name.replace(/(Bandit)?Env$/, '').replace(/^(un)?flat(dim|ten|tenSpace)$/, 'flatten');
      for (const given of [[{ noSuchOption: 1 }], [null], []]) {
        const said = await complaint(owner, () => (isClass(name) ? new all[name](...given) : all[name](...given)));
        // A wrapper says it of the environment that it gets.
        const isFine = said === undefined || said.includes(': Object: ') || (said === 'silent' && given.length === 0);
        if (!isFine) complaints.push(`${name}(${JSON.stringify(given)}): ${said}`);
      }
    }
    expect(complaints).toEqual([]);
  });
});
