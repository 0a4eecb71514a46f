import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import * as agentsModule from '../agents/index.ts';
import * as experimentsModule from '../cli/index.ts';
import * as datasetsModule from '../datasets/index.ts';
import * as envsModule from '../envs/index.ts';
import * as mujocoModule from '../envs/mujoco/index.ts';
import * as engineModule from '../src/engine/index.ts';
import * as oxbowModule from '../src/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: these calls are what the types forbid.
type Any = any;
const [o, engine, envs, mujoco]: Any[] = [oxbowModule, engineModule, envsModule, mujocoModule];
const [datasets, agents, experiments]: Any[] = [datasetsModule, agentsModule, experimentsModule];

const rng = new oxbowModule.Rng('wrong calls');
const one = () => tf.ones([1]);
const variable = () => tf.variable(tf.ones([2]));
const normal = () => new oxbowModule.Normal({ loc: one(), logScale: one() });
const diag = () => new oxbowModule.MultivariateNormalDiag({ loc: tf.ones([3, 2]), logScale: tf.ones([2]) });
const mlp = () => new oxbowModule.Mlp({ inputDim: 2, hidden: [4], outputDim: 1, rng });
const flow = () => oxbowModule.maf({ dim: 2, rng });
const conditional = () => oxbowModule.maf({ dim: 2, contextDim: 1, rng });
const layer = { dim: 2, family: oxbowModule.affineFamily, rng };
const box = () => new envsModule.Box({ low: -1, high: 1, shape: [2] });
const pendulum = () => envsModule.make('Pendulum-v1') as Any;
const bare = () => new envsModule.PendulumEnv() as Any;
const vec = () => envsModule.makeVec('Pendulum-v1', { numEnvs: 2 }) as Any;
const running = (env: Any) => {
  env.reset({ seed: 0 });
  return env;
};
const spaces = () => {
  const env = envsModule.make('Pendulum-v1');
  return { observationSpace: env.observationSpace, actionSpace: env.actionSpace };
};
const policy = () => oxbowModule.makePolicy('gaussian', { ...spaces(), rng, hidden: [4] }) as Any;
const observation = Float32Array.of(1, 0, 0);
const episode = () => ({
  observations: Float32Array.of(1, 0, 0, 1, 0, 0),
  actions: Float32Array.of(0),
  rewards: Float64Array.of(0),
  terminations: Uint8Array.of(1),
  truncations: Uint8Array.of(0),
});
const circle = () => {
  const value: Record<string, unknown> = {};
  value.self = value;
  return value;
};
const withNaN = (module: Any) => {
  const state = module.stateDict();
  Object.values<Any>(state)[0].values[0] = Number.NaN;
  return state;
};

/** Calls that are wrong, by whom their errors must name. */
type Calls = Readonly<Record<string, readonly (() => unknown)[]>>;

const distributions: Calls = {
  Normal: [
    () => new o.Normal(0, 1),
    () => new o.Normal(),
    () => new o.Normal(null),
    () => new o.Normal({ loc: 0, logScale: 1 }),
    () => new o.Normal({ loc: one() }),
    () => new o.Normal({ loc: one(), scale: one() }),
    () => new o.Normal({ loc: [0], logScale: [0] }),
    () => normal().sample(undefined as Any),
    () => normal().sample(1000 as Any),
    () => normal().sample(rng, 5 as Any),
    () => normal().sample(rng, [-1]),
    () => normal().sampleWithLogProb({} as Any),
    () => normal().logProb(0 as Any),
    () => normal().logProb(undefined as Any),
    () => normal().cdf([0] as Any),
    () => normal().quantile(0.5 as Any),
    () => normal().survival(null as Any),
    () => normal().entropyEstimate(7 as Any),
    () => normal().entropyEstimate(rng, '64' as Any),
  ],
  LogNormal: [() => new o.LogNormal(0, 1), () => new o.LogNormal({ loc: 0, logScale: 0 })],
  Laplace: [() => new o.Laplace(0, 1), () => new o.Laplace([one(), one()])],
  Cauchy: [() => new o.Cauchy(0, 1), () => new o.Cauchy({ location: one(), logScale: one() })],
  Gumbel: [() => new o.Gumbel(0, 1), () => new o.Gumbel('loc')],
  Logistic: [() => new o.Logistic(0, 1), () => new o.Logistic({})],
  StudentT: [() => new o.StudentT(3), () => new o.StudentT({ df: 3, loc: one(), logScale: one() })],
  Beta: [() => new o.Beta(2, 3), () => new o.Beta({ concentration1: 2, concentration0: 3 })],
  Kumaraswamy: [() => new o.Kumaraswamy(2, 3), () => new o.Kumaraswamy({ a: one(), b: one() })],
  Gamma: [() => new o.Gamma(2, 3), () => new o.Gamma({ concentration: one(), rate: one() })],
  Exponential: [() => new o.Exponential(1), () => new o.Exponential({ logRate: 1 })],
  Dirichlet: [() => new o.Dirichlet([1, 2]), () => new o.Dirichlet({ concentration: [1, 2] })],
  VonMises: [() => new o.VonMises(0, 1), () => new o.VonMises({ loc: one(), kappa: one() })],
  Uniform: [
    () => new o.Uniform(0, 1),
    () => new o.Uniform({ dim: 2, low: '0', high: 1 }),
    () => new o.Uniform({ dim: 2, low: 0, high: 1, batch: [3] }),
    () => new o.Uniform({ dim: 2, low: 0, high: 1, batchShape: 3 }),
  ],
  TruncatedNormal: [
    () => new o.TruncatedNormal(0, 1, -1, 1),
    () => new o.TruncatedNormal({ loc: one(), logScale: one(), low: '0', high: 1 }),
    () => new o.TruncatedNormal({ loc: one(), logScale: one(), low: Number.NaN, high: 1 }),
    () => new o.TruncatedNormal({ loc: one(), logScale: one(), low: 0 }),
  ],
  Categorical: [
    () => new o.Categorical([0.5, 0.5]),
    () => new o.Categorical({ probs: one() }),
    () => new o.Categorical(one()),
  ],
  OneHotCategorical: [() => new o.OneHotCategorical(3), () => new o.OneHotCategorical({ logits: [0, 1] })],
  RelaxedOneHotCategorical: [
    () => new o.RelaxedOneHotCategorical(1, one()),
    () => new o.RelaxedOneHotCategorical({ temperature: '1', logits: tf.ones([2]) }),
  ],
  ExpRelaxedOneHotCategorical: [
    () => new o.ExpRelaxedOneHotCategorical(),
    () => new o.ExpRelaxedOneHotCategorical({ temperature: Number.NaN, logits: tf.ones([2]) }),
  ],
  MultivariateNormalDiag: [
    () => new o.MultivariateNormalDiag(2),
    () => new o.MultivariateNormalDiag({ loc: [0, 0], logScale: [0, 0] }),
    () => new o.MultivariateNormalDiag({ loc: tf.ones([2]), scaleDiag: tf.ones([2]) }),
    () => (diag() as Any).sample(),
    () => diag().logProb([0, 0] as Any),
    () => diag().sampleWithLogProb(rng, '3' as Any),
  ],
  MultivariateNormalTriL: [
    () => new o.MultivariateNormalTriL([0], [[1]]),
    () => new o.MultivariateNormalTriL({ loc: tf.ones([2]), scaleTril: tf.ones([2, 2]) }),
  ],
  MultivariateNormalLowRank: [
    () => new o.MultivariateNormalLowRank(0),
    () => new o.MultivariateNormalLowRank({ loc: tf.ones([2]), logScale: tf.ones([2]), factor: 1 }),
  ],
  StandardNormal: [
    () => new o.StandardNormal(),
    () => new o.StandardNormal('2'),
    () => new o.StandardNormal(2, 3),
    () => new o.StandardNormal({ dim: 2 }),
    () => new o.StandardNormal(2).sample(),
  ],
  MixtureSameFamily: [
    () => new o.MixtureSameFamily(),
    () => new o.MixtureSameFamily({ logits: tf.ones([3]) }),
    () => new o.MixtureSameFamily({ components: [normal(), normal()] }),
    () => new o.MixtureSameFamily({ components: diag(), weights: tf.ones([3]) }),
  ],
  Independent: [() => new o.Independent(5), () => new o.Independent(), () => new o.Independent(normal(), '1')],
  BatchBroadcast: [() => new o.BatchBroadcast(normal()), () => new o.BatchBroadcast(3, [3])],
  Wrapped: [() => new o.Wrapped(3), () => new o.Wrapped()],
  WrappedNormal: [() => new o.WrappedNormal(3), () => new o.WrappedNormal(normal())],
  TransformedDistribution: [
    () => new o.TransformedDistribution(normal(), new oxbowModule.Tanh()),
    () => new o.TransformedDistribution({ distribution: normal(), bijector: new oxbowModule.Tanh() }),
    () => new o.TransformedDistribution({ base: normal(), bijector: (x: Any) => x }),
    () => new o.TransformedDistribution({ base: 1, bijector: new oxbowModule.Tanh() }),
  ],
  checkDistribution: [
    () => o.checkDistribution(undefined),
    () => o.checkDistribution(new oxbowModule.Tanh()),
    () => o.checkDistribution(normal(), 1000),
    () => o.checkDistribution(normal(), { sampels: 3 }),
    () => o.checkDistribution(normal(), { rng: 'seed' }),
    () => o.checkDistribution(normal(), { samples: 10 }),
  ],
  kl: [() => o.kl(normal()), () => o.kl(1, 2), () => o.kl(normal(), { loc: 0 })],
  klEstimate: [() => o.klEstimate(normal()), () => o.klEstimate(normal(), normal()), () => o.klEstimate(1, 2, rng)],
  midpointFractions: [() => o.midpointFractions(-1), () => o.midpointFractions('3'), () => o.midpointFractions(0.5)],
  splineQuantiles: [() => o.splineQuantiles(1, 2, 3), () => o.splineQuantiles(tf.ones([2, 7]), 2)],
};

const bijectors: Calls = {
  Tanh: [
    () => new o.Tanh().forward(5),
    () => new o.Tanh().forward(),
    () => new o.Tanh().inverse([0]),
    () => new o.Tanh().forwardAndLogDet(null),
    () => new o.Tanh().inverseLogDet('x'),
  ],
  Shift: [() => new o.Shift(), () => new o.Shift('1'), () => new o.Shift(Number.NaN), () => new o.Shift({ shift: 1 })],
  Scale: [() => new o.Scale(), () => new o.Scale('2'), () => new o.Scale([1, 'a'])],
  ShiftScale: [
    () => new o.ShiftScale(1, 2),
    () => new o.ShiftScale({ shift: '1' }),
    () => new o.ShiftScale({ logscale: 1 }),
    () => new o.ShiftScale({ logScale: Number.NaN }),
    () => new o.ShiftScale(),
  ],
  Power: [() => new o.Power('2'), () => new o.Power()],
  LeakyRelu: [() => new o.LeakyRelu(0.1), () => new o.LeakyRelu({ slpe: 0.1 }), () => new o.LeakyRelu({ slope: '1' })],
  PRelu: [() => new o.PRelu(2), () => new o.PRelu({ initialSlope: 'a' }), () => new o.PRelu({ dims: 2 })],
  Sigmoid: [() => new o.Sigmoid(0, 1), () => new o.Sigmoid({ low: 'a' }), () => new o.Sigmoid({ min: 0 })],
  SoftClip: [() => new o.SoftClip(0, 1), () => new o.SoftClip(), () => new o.SoftClip({ low: '0', high: 1 })],
  SinhArcsinh: [() => new o.SinhArcsinh(1), () => new o.SinhArcsinh({ skew: 1 })],
  Chain: [
    () => new o.Chain(),
    () => new o.Chain(new oxbowModule.Tanh()),
    () => new o.Chain([1]),
    () => new o.Chain([new oxbowModule.Tanh(), (x: Any) => x]),
  ],
  Blockwise: [() => new o.Blockwise(), () => new o.Blockwise([3]), () => new o.Blockwise([new oxbowModule.Tanh()], 2)],
  Invert: [() => new o.Invert(), () => new o.Invert(5), () => new o.Invert(normal())],
  Permute: [() => new o.Permute(), () => new o.Permute(3), () => new o.Permute('10')],
  Orthogonal: [() => new o.Orthogonal(), () => new o.Orthogonal(2), () => new o.Orthogonal(['a'])],
  Householder: [() => new o.Householder([1, 2]), () => new o.Householder()],
  Reverse: [() => new o.Reverse(), () => new o.Reverse('2')],
  ActNorm: [() => new o.ActNorm(), () => new o.ActNorm({ dim: 2 })],
  BatchNorm: [() => new o.BatchNorm(2), () => new o.BatchNorm({ dim: 2, momntum: 0.9 })],
  SoftmaxCentered: [() => new o.SoftmaxCentered(), () => new o.SoftmaxCentered([2])],
  Planar: [() => new o.Planar(), () => new o.Planar({ w: [1], u: [1], b: 0 })],
  Radial: [() => new o.Radial(2), () => new o.Radial({ center: one(), alpha: one() })],
  Sylvester: [() => new o.Sylvester(2), () => new o.Sylvester({ v: 1 })],
  Lu: [() => new o.Lu(2), () => new o.Lu({ logDiagonal: [0] })],
  LowRankAffine: [() => new o.LowRankAffine(), () => new o.LowRankAffine({ logDiagonal: one() })],
  TriangularAffine: [() => new o.TriangularAffine(2), () => new o.TriangularAffine({ shift: [0], logDiagonal: [0] })],
  RationalQuadraticSpline: [
    () => new o.RationalQuadraticSpline(8),
    () => new o.RationalQuadraticSpline({ bins: 8, bound: 1 }),
  ],
  CircularSpline: [() => new o.CircularSpline(), () => new o.CircularSpline({ bins: 8 })],
  Bernstein: [() => new o.Bernstein(4), () => new o.Bernstein({ parameters: [1, 2] })],
  SumOfSquares: [() => new o.SumOfSquares(), () => new o.SumOfSquares({ parameters: 3 })],
  DeepSigmoidal: [() => new o.DeepSigmoidal(), () => new o.DeepSigmoidal({ parameters: tf.ones([4]), unit: 3 })],
  Gaussianization: [() => new o.Gaussianization(), () => new o.Gaussianization({ parameters: null })],
  UnconstrainedMonotonic: [
    () => new o.UnconstrainedMonotonic(),
    () => new o.UnconstrainedMonotonic({ parameters: [] }),
  ],
  Coupling: [
    () => new o.Coupling(),
    () => new o.Coupling({ ...layer, transformed: 'half' }),
    () => new o.Coupling({ ...layer, family: 'affine', transformed: 'first' }),
    () => new o.Coupling({ dim: 2, family: oxbowModule.affineFamily, transformed: 'first' }),
    () => new o.Coupling({ ...layer, transformed: 'first', hiden: [4] }),
    () => new o.Coupling({ ...layer, transformed: 'first', hidden: 4 }),
  ],
  Autoregressive: [
    () => new o.Autoregressive(2),
    () => new o.Autoregressive({ ...layer, rng: 7 }),
    () => new o.Autoregressive({ ...layer, parallel: 'both' }),
    () => new o.Autoregressive({ ...layer, order: 'backwards' }),
  ],
  BlockAutoregressive: [
    () => new o.BlockAutoregressive(),
    () => new o.BlockAutoregressive({ dim: 2, rng: 'a' }),
    () => new o.BlockAutoregressive({ dim: 2, rng, hidden: '64' }),
  ],
  Conditioned: [() => new o.Conditioned(), () => new o.Conditioned({ ...layer, family: {} })],
  LocationScale: [
    () => new o.LocationScale(2),
    () => new o.LocationScale({ dim: 2, rng, scale: 'fre' }),
    () => new o.LocationScale({ dim: 2, contextDim: 1 }),
  ],
  MlpField: [() => new o.MlpField(), () => new o.MlpField({ dim: 2 }), () => new o.MlpField({ dim: 2, rng, trace: 3 })],
  NeuralOde: [
    () => new o.NeuralOde(),
    () => new o.NeuralOde({ field: (x: Any) => x }),
    () => new o.NeuralOde({ field: new oxbowModule.MlpField({ dim: 2, rng }), solver: 'euler' }),
    () => new o.NeuralOde({ field: new oxbowModule.MlpField({ dim: 2, rng }), solver: { kind: 'fix', steps: 3 } }),
  ],
  rationalQuadraticSplineFamily: [
    () => o.rationalQuadraticSplineFamily(8),
    () => o.rationalQuadraticSplineFamily({ bin: 4 }),
    () => o.rationalQuadraticSplineFamily({ bound: 'a' }),
  ],
  circularSplineFamily: [() => o.circularSplineFamily(8), () => o.circularSplineFamily({ bound: 3 })],
  initializeActNorms: [() => o.initializeActNorms(), () => o.initializeActNorms(new oxbowModule.Tanh(), [1])],
  checkBijector: [
    () => o.checkBijector(),
    () => o.checkBijector(normal()),
    () => o.checkBijector(new oxbowModule.Tanh(), 3),
    () => o.checkBijector(new oxbowModule.Tanh(), { dims: 3, gradient: false }),
    () => o.checkBijector(new oxbowModule.Tanh(), { rng: 5 }),
    () => o.checkBijector(new oxbowModule.Tanh(), { domain: [1] }),
    () => o.checkBijector(new oxbowModule.Tanh(), { domain: ['0', Number.NaN] }),
    () => o.checkBijector(new oxbowModule.Tanh(), { angles: 1 }),
  ],
  monotoneInverse: [() => o.monotoneInverse(), () => o.monotoneInverse(3, tf.ones([1]))],
};

const networks: Calls = {
  Mlp: [
    () => new o.Mlp(),
    () => new o.Mlp({ inputDim: 2, outputDim: 1, rng }),
    () => new o.Mlp({ inputDim: 2, hidden: 64, outputDim: 1, rng }),
    () => new o.Mlp({ inputDim: 2, hidden: [64], outputDim: 1 }),
    () => new o.Mlp({ inputDim: 2, hidden: [64], outputDim: 1, rng: 0 }),
    () => new o.Mlp({ inputDim: 2, hidden: [64], outputDim: 1, rng, activaton: 'relu' }),
    () => new o.Mlp({ inputDim: 2, hidden: [64], outputDim: 1, rng, outputScale: 'a' }),
    () => mlp().apply(3 as Any),
    () => mlp().apply(undefined as Any),
  ],
  "'rleu'": [() => new o.Mlp({ inputDim: 2, hidden: [64], outputDim: 1, rng, activation: 'rleu' })],
  Dense: [
    () => new o.Dense(),
    () => new o.Dense(2, 3),
    () => new o.Dense({ inputDim: 2, outputDim: 3 }),
    () => new o.Dense({ inputDim: 2, outputDim: 3, rng, kernelInitializer: 'zeros' }),
    () => new o.Dense({ inputDim: 2, outputDim: 3, rng }).apply([1, 2]),
  ],
  Conv2d: [() => new o.Conv2d(3), () => new o.Conv2d({ channels: 1, filters: 1, size: 3, rng, padding: 'full' })],
  Cnn: [() => new o.Cnn(), () => new o.Cnn({ image: 84, convolutions: [], features: 3, rng })],
  LayerNorm: [() => new o.LayerNorm(2), () => new o.LayerNorm({ dim: 2, eps: 1 })],
  BatchRenorm: [() => new o.BatchRenorm(2), () => new o.BatchRenorm({ dim: 2, momentun: 0.1 })],
  Made: [() => new o.Made(2), () => new o.Made({ dim: 2, outputs: 1, hidden: [4] })],
  QNetwork: [() => new o.QNetwork(), () => new o.QNetwork({ inputDim: 2, hidden: [4], actions: 2, rng })],
  loadStateDict: [
    () => mlp().loadStateDict(withNaN(mlp())),
    () => mlp().loadStateDict(null as Any),
    () => mlp().loadStateDict(5 as Any),
    () => mlp().loadStateDict({}),
    () => mlp().loadStateDict({ ...mlp().stateDict(), 'layers.0.kernel': null } as Any),
    () => mlp().loadStateDict({ ...mlp().stateDict(), 'layers.0.bias': { shape: [4], values: ['a', 1, 2, 3] } } as Any),
  ],
  saveModule: [() => o.saveModule(), () => o.saveModule(mlp(), 5), () => o.saveModule({}, '/tmp/x.json')],
  loadModule: [() => o.loadModule(), () => o.loadModule(7, mlp()), () => o.loadModule('/nowhere/x.json', 5)],
  fingerprint: [
    () => o.fingerprint(() => 1),
    () => o.fingerprint({ f: () => 1 }),
    () => o.fingerprint(circle()),
    () => o.fingerprint(undefined),
    () => o.fingerprint(Symbol('a')),
    () => o.fingerprint({ n: 1n }),
    () => o.fingerprint(new Map([[1, 2]])),
  ],
};

const flows: Calls = {
  ...Object.fromEntries(
    [
      ['realNvp', () => o.realNvp(2)],
      ['nice', () => o.nice({ dim: 2 })],
      ['glow', () => o.glow({ dim: '2', rng })],
      ['neuralSplineFlow', () => o.neuralSplineFlow({ dim: 2, rng, bin: 8 })],
      ['maf', () => o.maf()],
      ['iaf', () => o.iaf({ dim: 2, rng: 3 })],
      ['autoregressiveSplineFlow', () => o.autoregressiveSplineFlow({ dim: 2.5, rng })],
      ['planarFlow', () => o.planarFlow(null)],
      ['radialFlow', () => o.radialFlow({ dim: 2, rng, layers: 0 })],
      ['sylvesterFlow', () => o.sylvesterFlow({ dim: 2, rng, hidden: 3 })],
      ['mlpFlow', () => o.mlpFlow([])],
      ['bernsteinFlow', () => o.bernsteinFlow({ rng })],
      ['sumOfSquaresFlow', () => o.sumOfSquaresFlow('two')],
      ['neuralAutoregressiveFlow', () => o.neuralAutoregressiveFlow({ dim: Number.NaN, rng })],
      ['unconstrainedAutoregressiveFlow', () => o.unconstrainedAutoregressiveFlow({ dim: -1, rng })],
      ['blockAutoregressiveFlow', () => o.blockAutoregressiveFlow({ dim: 2, rng: {} })],
      ['circularSplineFlow', () => o.circularSplineFlow({ dim: 2, rng, bound: 3 })],
      ['continuousFlow', () => o.continuousFlow({ dim: 2, rng, solver: 'rk' })],
      ['gaussianizationFlow', () => o.gaussianizationFlow({ dim: 2, rng, activation: 'x' })],
      ['triangularSplineFlow', () => o.triangularSplineFlow({ dim: 2, rng, order: 'x' })],
    ].map(([name, call]) => [name, [call]] as [string, (() => unknown)[]]),
  ),
  Flow: [
    () => new o.Flow(),
    () => new o.Flow({ dim: 2 }),
    () => new o.Flow({ dim: 2, bijector: 'tanh' }),
    () => new o.Flow({ dim: 2, bijector: new oxbowModule.Tanh(), base: normal() }),
    () => new o.Flow({ dim: 2, bijector: new oxbowModule.Tanh(), context: 3 }),
    () => flow().given([1] as Any),
    () => conditional().given(),
    () => conditional().given(5 as Any),
    () => conditional().given([[1]] as Any),
  ],
};

const policyCalls: Calls = {
  checkPolicy: [
    () => o.checkPolicy(undefined),
    () => o.checkPolicy({ given: () => normal() }),
    () => o.checkPolicy(policy(), 1000),
    () => o.checkPolicy(policy(), { sample: 1000 }),
    () => o.checkPolicy(policy(), { rng: 5 }),
    () => o.checkPolicy(policy(), { samples: 0.5 }),
  ],
  makePolicy: [
    () => o.makePolicy(),
    () => o.makePolicy('gausian', { ...spaces(), rng }),
    () => o.makePolicy('gaussian'),
    () => o.makePolicy('gaussian', { ...spaces() }),
    () => o.makePolicy('gaussian', { ...spaces(), rng: 0 }),
    () => o.makePolicy('gaussian', { ...spaces(), rng, hiden: [4] }),
    () => o.makePolicy('gaussian', { observationSpace: 3, actionSpace: 1, rng }),
    () => o.makePolicy('gaussian', { env: 'Pendulum-v1', rng }),
    () => o.makePolicy('gaussian', 7),
    () => o.makePolicy(5, { ...spaces(), rng }),
  ],
  GaussianPolicy: [
    () => policy().act(),
    () => policy().act([1, 2]),
    () => policy().act('x'),
    () => policy().act(Float32Array.of(Number.NaN, 0, 0)),
    () => policy().act(observation, { greedi: true }),
    () => policy().given([1, 2, 3]),
    () => policy().given(),
    () => policy().greedy(tf.ones([1, 3]), rng, 0),
    () => policy().toOnnx(undefined, { batchSize: 3 }),
    () => policy().toOnnx(undefined, 5),
  ],
  Actor: [() => policy().actor(), () => policy().actor({ rng: 1 }), () => policy().actor({ rng, bach: 3 })],
  savePolicy: [() => o.savePolicy('/tmp/never.json'), () => o.savePolicy('/tmp/never.json', {})],
  loadPolicy: [() => o.loadPolicy(), () => o.loadPolicy(5), () => o.loadPolicy('/nowhere/policy.json')],
  policyFromJson: [() => o.policyFromJson(5), () => o.policyFromJson('{}'), () => o.policyFromJson()],
  policyToJson: [() => o.policyToJson(), () => o.policyToJson(policy(), { a: () => 1 })],
  registerPolicy: [
    () => o.registerPolicy(),
    () => o.registerPolicy('mine'),
    () => o.registerPolicy('mine', {}),
    () => o.registerPolicy('gaussian', { description: 'a', make: () => policy() }),
  ],
  sampleAction: [() => o.sampleAction(), () => o.sampleAction(policy().given(tf.ones([1, 3])))],
};

const analysis: Calls = {
  diagnoseFlow: [() => o.diagnoseFlow(), () => o.diagnoseFlow(5, { rng }), () => o.diagnoseFlow(flow().given())],
  modes: [() => o.modes(), () => o.modes(5, { rng }), () => o.modes(flow().given(), 3)],
  momentsEstimate: [() => o.momentsEstimate(), () => o.momentsEstimate(normal())],
  expectationEstimate: [
    () => o.expectationEstimate(),
    () => o.expectationEstimate(normal(), 5, { rng }),
    () => o.expectationEstimate(normal(), (x: Any) => x),
  ],
  mutualInformationEstimate: [() => o.mutualInformationEstimate(), () => o.mutualInformationEstimate(3, 4)],
  MarginalByQuadrature: [() => new o.MarginalByQuadrature(), () => new o.MarginalByQuadrature(flow().given(), 3)],
  ConditionalByQuadrature: [() => new o.ConditionalByQuadrature(), () => new o.ConditionalByQuadrature(3, {})],
};

const engineCalls: Calls = {
  Rng: [
    () => new engine.Rng(),
    () => new engine.Rng(null),
    () => new engine.Rng({}),
    () => new engine.Rng(Number.NaN),
    () => rng.split(undefined as Any),
    () => rng.split({} as Any),
    () => rng.uniform('a' as Any, 2),
    () => rng.uniform(0, '2' as Any),
    () => rng.uniform(Number.NaN, 1),
    () => rng.uniform(1, 0),
    () => rng.normal(0, -1),
    () => rng.normal('0' as Any),
    () => rng.normal(0, Number.NaN),
    () => rng.integer(5, 2),
    () => rng.integer(undefined as Any, 3),
    () => rng.permutation(-1),
    () => rng.permutation('5' as Any),
    () => rng.permutation(2.5),
    () => rng.fillNormal(undefined as Any),
    () => rng.fillNormal([0, 0] as Any),
    () => rng.fillUniform(5 as Any),
    () => rng.normalTensor(3 as Any),
    () => rng.normalTensor([-1]),
    () => rng.uniformTensor('x' as Any),
    () => rng.uniformTensor([1.5]),
    () => rng.restore(undefined as Any),
    () => engine.Rng.fromState(),
    () => engine.Rng.fromState({ seed: 'a', generator: {} }),
  ],
  linearSchedule: [
    () => engine.linearSchedule(),
    () => engine.linearSchedule('1e-3'),
    () => engine.linearSchedule(Number.NaN),
    () => engine.linearSchedule(1, 'a'),
    () => engine.linearSchedule(Number.POSITIVE_INFINITY),
    () => engine.linearSchedule(1)('0.5'),
    () => engine.linearSchedule(1)(Number.NaN),
  ],
  cosineSchedule: [
    () => engine.cosineSchedule('a'),
    () => engine.cosineSchedule(1, Number.NaN),
    () => engine.cosineSchedule(1)(),
  ],
  geometricSchedule: [
    () => engine.geometricSchedule(1),
    () => engine.geometricSchedule(0, 1),
    () => engine.geometricSchedule(1, -1),
    () => engine.geometricSchedule('a', 1),
  ],
  Adam: [
    () => new engine.Adam(),
    () => new engine.Adam(3),
    () => new engine.Adam([3]),
    () => new engine.Adam([tf.ones([2])]),
    () => new engine.Adam([variable()], { lr: 1e-3 }),
    () => new engine.Adam([variable()], 1e-3),
    () => new engine.Adam([variable()], { beta1: '0.9' }),
    () => new engine.Adam([variable()], { epsilon: Number.NaN }),
    () => new engine.Adam([variable()]).update([tf.ones([2])]),
    () => new engine.Adam([variable()]).update([tf.ones([2])], Number.NaN),
    () => new engine.Adam([variable()]).update([5], 1e-3),
    () => new engine.Adam([variable()]).update(5, 1e-3),
  ],
  RmsProp: [() => new engine.RmsProp(), () => new engine.RmsProp([variable()], { rho: 0.9 })],
  Sgd: [
    () => new engine.Sgd(variable()),
    () => new engine.Sgd([variable()], { momentum: 2 }),
    () => new engine.Sgd([variable()], { momentum: 0.5, nesterov: 'yes' }),
  ],
  clipByGlobalNorm: [
    () => engine.clipByGlobalNorm(),
    () => engine.clipByGlobalNorm([3], 1),
    () => engine.clipByGlobalNorm([one()]),
    () => engine.clipByGlobalNorm([one()], '1'),
    () => engine.clipByGlobalNorm([one()], Number.NaN),
  ],
};

const spacesCalls: Calls = {
  Box: [
    () => new envs.Box(),
    () => new envs.Box(-1, 1),
    () => new envs.Box({ low: -1, high: 1 }),
    () => new envs.Box({ low: -1, high: 1, shape: 2 }),
    () => new envs.Box({ low: -1, high: 1, shape: [2], dtpe: 'float32' }),
    () => new envs.Box({ low: -1, high: 1, shape: [2], dtype: 'float16' }),
    () => new envs.Box({ low: 'a', high: 1, shape: [2] }),
    () => new envs.Box({ low: Number.NaN, high: 1, shape: [2] }),
    () => box().sample(undefined as Any),
    () => box().sample(7 as Any),
  ],
  Discrete: [
    () => new envs.Discrete(),
    () => new envs.Discrete('3'),
    () => new envs.Discrete({ n: 3 }),
    () => new envs.Discrete(3, 'a'),
    () => new envs.Discrete(3).sample(),
  ],
  MultiDiscrete: [
    () => new envs.MultiDiscrete(),
    () => new envs.MultiDiscrete(3),
    () => new envs.MultiDiscrete([3, 'a']),
    () => new envs.MultiDiscrete([3], [1, 2]),
    () => new envs.MultiDiscrete([3], 2),
  ],
  MultiBinary: [() => new envs.MultiBinary(), () => new envs.MultiBinary('3'), () => new envs.MultiBinary([])],
  Dict: [
    () => new envs.Dict({ a: 1 }),
    () => new envs.Dict(),
    () => new envs.Dict(3),
    () => new envs.Dict({}),
    () => new envs.Dict([box()]),
    () => new envs.Dict(new Map([['a', 'b']])),
    () => new envs.Dict({ a: { size: 3 } }),
  ],
  Tuple: [() => new envs.Tuple(), () => new envs.Tuple([1]), () => new envs.Tuple(box()), () => new envs.Tuple([])],
  Text: [
    () => new envs.Text(),
    () => new envs.Text('3'),
    () => new envs.Text(3, { minLen: 1 }),
    () => new envs.Text(3, 1),
    () => new envs.Text(3, { charset: 5 }),
  ],
  flatten: [
    () => envs.flatdim(),
    () => envs.flatdim(3),
    () => envs.flattenSpace({}),
    () => envs.flattenSpace(),
    () => envs.flatten(box()),
    () => envs.flatten(3, 4),
    () => envs.flatten(box(), [0, 0]),
    () => envs.unflatten(),
  ],
  unflatten: [() => envs.unflatten(box()), () => envs.unflatten(box(), Float32Array.of(1))],
};

const envCalls: Calls = {
  Pendulum: [
    () => pendulum().reset(42),
    () => pendulum().reset({ sed: 1 }),
    () => pendulum().reset(null),
    () => pendulum().reset('seed'),
    () => pendulum().reset({ seed: {} }),
    () => pendulum().reset({ seed: Number.NaN }),
    () => pendulum().reset({ options: 5 }),
    () => pendulum().reset({ options: { stat: [0, 0] } }),
    () => pendulum().step(Float32Array.of(0)),
    () => bare().reset(42),
    () => bare().reset({ sed: 1 }),
    () => running(pendulum()).step([1, 2, 3]),
    () => running(pendulum()).step(),
    () => running(pendulum()).step(0.5),
    () => running(pendulum()).step('left'),
    () => running(pendulum()).step(Float32Array.of(Number.NaN)),
    () => running(bare()).step([1, 2, 3]),
    () => running(bare()).step(),
    () => running(bare()).step(1),
    () => running(bare()).step([]),
    () => running(bare()).step(['a']),
    () => new envs.PendulumEnv({ gravity: 9 }),
    () => new envs.PendulumEnv(9),
    () => new envs.PendulumEnv({ g: '9' }),
  ],
  Lake: [
    () => running(new envs.LakeEnv()).step([1, 2, 3, 4]),
    () => running(new envs.LakeEnv()).step(),
    () => running(new envs.LakeEnv()).step('up'),
    () => new envs.LakeEnv().reset(3),
    () => new envs.LakeEnv({ strid: 0.1 }),
  ],
  Multigoal: [
    () => running(new envs.MultigoalEnv()).step([1, 2, 3]),
    () => running(new envs.MultigoalEnv()).step(),
    () => new envs.MultigoalEnv().reset(false),
  ],
  Gridworld: [
    () => running(new envs.GridworldEnv()).step('up'),
    () => running(new envs.GridworldEnv()).step(),
    () => new envs.GridworldEnv().reset(true),
  ],
  Bandit: [
    () => running(new envs.FourCornerBanditEnv()).step([0, 0, 0]),
    () => running(new envs.SoftBanditEnv()).step(),
    () => running(new envs.BumpBanditEnv()).step('a'),
    () => new envs.OpponentBanditEnv().reset('seed'),
  ],
  make: [
    () => envs.make(),
    () => envs.make('Pendulm-v1'),
    () => envs.make('Pendulum-v1', 3),
    () => envs.make('Pendulum-v1', { gee: 9 }),
    () => envs.make('Pendulum-v1', { maxEpisodeSteps: -1 }),
    () => envs.make('Pendulum-v1', { maxEpisodeSteps: 'a' }),
    () => envs.make('Pendulum-v1', { disableEnvChecker: 'no' }),
    () => envs.make(null),
  ],
  FrameStack: [() => envs.make('Pendulum-v1', { frameStack: 0 }), () => new envs.FrameStack(pendulum())],
  makeVec: [
    () => envs.makeVec(),
    () => envs.makeVec('Pendulum-v1', 8),
    () => envs.makeVec('Pendulum-v1', { numEnvs: 0 }),
    () => envs.makeVec('Pendulum-v1', { numEnvs: '2' }),
    () => envs.makeVec('Pendulum-v1', { num_envs: 2 }),
    () => envs.makeVec('Pendulum-v1', { numEnvs: 2, workers: 1.5 }),
  ],
  register: [
    () => envs.register(),
    () => envs.register({ id: 'Mine-v0' }),
    () => envs.register({ id: 'Mine', entryPoint: () => bare() }),
    () => envs.register('Mine-v0', () => bare()),
  ],
  loadEnv: [() => envs.loadEnv(), () => envs.loadEnv(5)],
  SyncVectorEnv: [
    () => agents.evaluate({ policy: policy(), env: () => 5 }),
    () => new envs.SyncVectorEnv(),
    () => new envs.SyncVectorEnv(3),
    () => new envs.SyncVectorEnv([3]),
    () => new envs.SyncVectorEnv([bare()]),
    () => new envs.SyncVectorEnv([() => undefined]),
    () => new envs.SyncVectorEnv([bare], { autoreset: 'sameStep' }),
    () => new envs.SyncVectorEnv([bare], { autoresetMode: 'never' }),
    () => vec().reset(42),
    () => vec().reset({ sed: 1 }),
    () => vec().reset({ seed: null }),
    () => vec().reset({ mask: 3 }),
    () => vec().reset({ mask: [1] }),
    () => running(vec()).step(),
    () => running(vec()).step([1]),
    () => running(vec()).step(Float32Array.of(1, 2, 3)),
    () => running(vec()).step(Float32Array.of(Number.NaN, 1)),
    () => vec().setState(),
    () => vec().setState({}),
  ],
  FlatVectorEnv: [
    () => new envs.FlatVectorEnv(),
    () => new envs.FlatVectorEnv(bare()),
    () => new envs.FlatVectorEnv(vec(), { mask: true }),
  ],
  Wrapper: [() => new envs.Wrapper(), () => new envs.Wrapper(3), () => new envs.Wrapper(() => bare())],
  TransformReward: [
    () => new envs.TransformReward(bare(), 5),
    () => new envs.TransformReward(bare()),
    () => new envs.TransformReward(5, (r: number) => r),
  ],
  TransformObservation: [
    () => new envs.TransformObservation(bare(), 5),
    () => new envs.TransformObservation(bare(), (x: Any) => x, 3),
  ],
  TransformAction: [
    () => new envs.TransformAction(bare()),
    () => new envs.TransformAction(bare(), (x: Any) => x, {}),
    () => new envs.TransformAction(undefined, (x: Any) => x),
  ],
  TimeLimit: [
    () => new envs.TimeLimit(bare()),
    () => new envs.TimeLimit(bare(), '5'),
    () => new envs.TimeLimit(3, 5),
    () => new envs.TimeLimit(bare(), { maxEpisodeSteps: 5 }),
  ],
  ClipAction: [() => new envs.ClipAction(), () => new envs.ClipAction(envs.make('CartPole-v1'))],
  RescaleAction: [() => new envs.RescaleAction(), () => new envs.RescaleAction(bare(), 'a', 1)],
  FlattenObservation: [() => new envs.FlattenObservation(), () => new envs.FlattenObservation(3)],
  NormalizeObservation: [
    () => new envs.NormalizeObservation(),
    () => new envs.NormalizeObservation(bare(), { eps: 1 }),
    () => new envs.NormalizeObservation(bare(), 3),
  ],
  NormalizeReward: [
    () => new envs.NormalizeReward(),
    () => new envs.NormalizeReward(bare(), { gama: 0.9 }),
    () => new envs.NormalizeReward(bare(), { gamma: '0.9' }),
  ],
  RecordTrajectory: [() => new envs.RecordTrajectory(), () => new envs.RecordTrajectory(bare(), { onEpisode: 5 })],
  RecordEpisodeStatistics: [() => new envs.RecordEpisodeStatistics()],
  OrderEnforcing: [() => new envs.OrderEnforcing(3)],
  Unchecked: [() => new envs.OrderEnforcing(new Unchecked()).reset(42)],
  PassiveEnvChecker: [() => new envs.PassiveEnvChecker()],
  Object: [() => new envs.PassiveEnvChecker({})],
  checkEnv: [
    () => envs.checkEnv(),
    () => envs.checkEnv(3),
    () => envs.checkEnv(bare(), 5),
    () => envs.checkEnv(bare(), null),
    () => envs.checkEnv(bare(), { seed: 5, stepz: 3 }),
    () => envs.checkEnv(bare(), { rng: 5 }),
    () => envs.checkEnv(bare(), { steps: '3' }),
  ],
  Drawing: [
    () => new envs.Drawing(),
    () => new envs.Drawing({ x: 3 }),
    () => new envs.Drawing({ x: [0, 1], y: [Number.NaN, 1], label: 'a' }),
  ],
  trajectoryPage: [() => envs.trajectoryPage(), () => envs.trajectoryPage(3)],
  collectDemonstrations: [() => envs.collectDemonstrations(), () => envs.collectDemonstrations(5)],
  LakeDemonstrators: [() => new envs.LakeDemonstrators(5), () => new envs.LakeDemonstrators({ side: 'x' })],
  fourCornerData: [() => envs.fourCornerData(), () => envs.fourCornerData('5', rng)],
  softBanditData: [() => envs.softBanditData(), () => envs.softBanditData(5)],
};

const mujocoCalls: Calls = {
  loadMujoco: [() => mujoco.loadMujoco(3), () => mujoco.loadMujoco({ modul: 1 })],
  Hopper: [
    () => new mujoco.HopperEnv(3),
    () => new mujoco.HopperEnv({ ctrlCost: 1 }),
    () => new mujoco.HopperEnv({ frameSkip: 'a' }),
  ],
  Humanoid: [() => new mujoco.HumanoidEnv([])],
  HumanoidStandup: [() => new mujoco.HumanoidStandupEnv({ resetNoiseScale: -1 })],
  MujocoEnv: [
    () => new (class extends mujoco.MujocoEnv {} as Any)(3),
    () => new (class extends mujoco.MujocoEnv {} as Any)(),
  ],
};

const datasetCalls: Calls = {
  spaceFromJson: [
    () => datasets.spaceFromJson({ type: 'Graph' }),
    () => datasets.spaceFromJson(),
    () => datasets.spaceFromJson(3),
    () => datasets.spaceFromJson({ type: 'Discrete' }),
    () => datasets.spaceFromJson({ type: 'Discrete', n: '3', start: 0 }),
    () => datasets.spaceFromJson({ type: 'Dict', subspaces: { a: { type: 'Sequence' } } }),
    () => datasets.spaceFromJson({ type: 'Box', dtype: 'complex64', shape: [1], low: 0, high: 1 }),
  ],
  spaceToJson: [() => datasets.spaceToJson(), () => datasets.spaceToJson(3), () => datasets.spaceToJson({ n: 3 })],
  episodeOf: [() => datasets.episodeOf(), () => datasets.episodeOf(5), () => datasets.episodeOf({})],
  EpisodesInMemory: [
    () => new datasets.EpisodesInMemory(),
    () => new datasets.EpisodesInMemory(5),
    () => new datasets.EpisodesInMemory({ episodes: [] }),
    () => new datasets.EpisodesInMemory({ ...spaces(), episodes: 5 }),
    () => new datasets.EpisodesInMemory({ ...spaces(), episodes: [{}] }),
  ],
  HindsightEpisodes: [() => new datasets.HindsightEpisodes(), () => new datasets.HindsightEpisodes({ rng })],
  openDataset: [() => datasets.openDataset(), () => datasets.openDataset(5)],
  '/nowhere': [() => datasets.openDataset('/nowhere')],
  splitEpisodes: [
    () => datasets.splitEpisodes(),
    () => datasets.splitEpisodes([episode()]),
    () => datasets.splitEpisodes(5, { rng, share: 0.5 }),
  ],
  usualDtypes: [() => datasets.usualDtypes(), () => datasets.usualDtypes(3, 4)],
  writeDataset: [() => datasets.writeDataset(), () => datasets.writeDataset('/tmp/never', 5)],
  DatasetWriter: [() => new datasets.DatasetWriter(), () => new datasets.DatasetWriter(5)],
  ContentHash: [() => new datasets.ContentHash().add(5)],
};

const untrained = () => {
  const clones = { observations: new Float32Array(12).fill(1), actions: new Float32Array(4) };
  return new agents.BehaviorCloning({ policy: policy(), demonstrations: clones });
};

const agentCalls: Calls = {
  ...Object.fromEntries(
    ['A2c', 'Ppo', 'Sac', 'Td3', 'Tqc', 'CrossQ', 'Dqn', 'QrDqn', 'Reinforce', 'SoftQLearning', 'Fpo', 'Fql', 'Iql']
      .concat(['NfRlbc', 'Td3Bc', 'BehaviorCloning', 'EvaluatedAgent'])
      .map((name) => [
        name,
        [() => new agents[name](), () => new agents[name](5), () => new agents[name]({ plicy: 1 })],
      ]),
  ),
  checkAgent: [
    () => agents.checkAgent(undefined),
    () => agents.checkAgent({}),
    () => agents.checkAgent(untrained(), 20),
    () => agents.checkAgent(untrained(), { step: 20 }),
    () => agents.checkAgent(untrained(), { rng: 'seed' }),
    () => agents.checkAgent(untrained(), { steps: 0 }),
  ],
  evaluate: [
    () => agents.evaluate(),
    () => agents.evaluate({ policy: policy() }),
    () => agents.evaluate({ policy: 5, env: 'Pendulum-v1' }),
    () => agents.evaluate({ policy: policy(), env: 5 }),
    () => agents.evaluate({ policy: policy(), env: 'CartPole-v1' }),
    () => agents.evaluate({ policy: policy(), env: 'Pendulum-v1', episode: 3 }),
    () => agents.evaluate({ policy: policy(), env: 'Pendulum-v1', episodes: 0 }),
    () => agents.evaluate({ policy: policy(), env: () => otherBox(), episodes: 1 }),
    () => agents.evaluate({ policy: policy(), env: otherBox(), episodes: 1 }),
  ],
  collectEpisodes: [
    () => agents.collectEpisodes(),
    () => agents.collectEpisodes({ policy: 'radom', env: 'Pendulum-v1', episodes: 1 }),
    () => agents.collectEpisodes({ policy: 'random', env: 'Pendulum-v1' }),
    () => agents.collectEpisodes({ policy: 'random', env: 'Pendulum-v1', episodes: 1, sed: 1 }),
    () => agents.collectEpisodes({ policy: policy(), env: () => otherBox(), episodes: 1 }),
  ],
  train: [
    () => agents.train(),
    () => agents.train(5),
    () => agents.train({ env: 'Pendulum-v1' }),
    () => agents.train({ env: 'Pendulum-v1', agent: 'pppo', steps: 10 }),
    () => agents.train({ env: 'Pendulum-v1', agent: 'ppo', steps: -1 }),
    () => agents.train({ env: 'Pendulum-v1', agent: 'ppo', step: 10 }),
    () => agents.train({ env: 'Pendulum-v1', agent: 'ppo', steps: 10, agentOptions: { lr: 1 } }),
    () => agents.train({ env: 'Pendulum-v1', agent: 'ppo', steps: 10, agentOptions: { learningRate: 'a' } }),
    () => agents.trainStream(),
  ],
  generalizedAdvantages: [
    () => agents.generalizedAdvantages(),
    () => agents.generalizedAdvantages({ horizon: 1, envs: 1 }, { gamma: 0.9, lambda: 0.9 }),
    () => agents.generalizedAdvantages({ horizon: 2, envs: 1, rewards: [1] }, {}),
  ],
  episodeStatistics: [() => agents.episodeStatistics(), () => agents.episodeStatistics([5])],
  stateFromJson: [() => agents.stateFromJson('{'), () => agents.stateFromJson(5), () => agents.stateFromJson()],
  stateToJson: [() => agents.stateToJson(new Map()), () => agents.stateToJson(circle())],
};

const experimentCalls: Calls = {
  Bootstrap: [
    () => new experiments.Bootstrap(),
    () => new experiments.Bootstrap(5),
    () => new experiments.Bootstrap({}),
    () => new experiments.Bootstrap({ rng: 5 }),
    () => new experiments.Bootstrap({ rng, resamples: 1e12 }),
    () => new experiments.Bootstrap({ rng, resample: 100 }),
    () => new experiments.Bootstrap({ rng, level: 95 }),
    () => new experiments.Bootstrap({ rng, resamples: 10 }).interval(),
    () => new experiments.Bootstrap({ rng, resamples: 10 }).interval([1, 2]),
    () => new experiments.Bootstrap({ rng, resamples: 10 }).interval([['a']]),
  ],
  improvementInterval: [
    () => experiments.improvementInterval([1], [2]),
    () => experiments.improvementInterval(1, 2, { rng }),
    () => experiments.improvementInterval([1, 2], [2, 3], { rng, resamples: 1e12 }),
  ],
  pairedDifference: [() => experiments.pairedDifference(), () => experiments.pairedDifference([1], [2], 3)],
  probabilityOfImprovement: [
    () => experiments.probabilityOfImprovement([1]),
    () => experiments.probabilityOfImprovement('ab', 'cd'),
  ],
  performanceProfile: [
    () => experiments.performanceProfile([1], [0]),
    () => experiments.performanceProfile([1], 0, { rng }),
    () => experiments.performanceProfile([1, 2], [Number.NaN], { rng, resamples: 10 }),
  ],
  interquartileMean: [
    () => experiments.interquartileMean(),
    () => experiments.interquartileMean([]),
    () => experiments.interquartileMean(['a']),
    () => experiments.interquartileMean(5),
  ],
  holm: [() => experiments.holm(), () => experiments.holm([2])],
  pairedPermutationTest: [
    () => experiments.pairedPermutationTest(),
    () => experiments.pairedPermutationTest([1], [1, 2]),
    () => experiments.pairedPermutationTest(Array(30).fill(1), Array(30).fill(0), 7),
  ],
  wilsonInterval: [
    () => experiments.wilsonInterval(),
    () => experiments.wilsonInterval('1', 2),
    () => experiments.wilsonInterval(5, 2),
  ],
  defineExperiment: [
    () => experiments.defineExperiment(),
    () => experiments.defineExperiment({}),
    () => experiments.defineExperiment({ name: 'a', jobs: 5 }),
  ],
  loadPolicies: [() => experiments.loadPolicies(), () => experiments.loadPolicies(5)],
  '/nowhere': [() => experiments.loadPolicies('/nowhere')],
  textTable: [() => experiments.textTable(), () => experiments.textTable(5)],
  learningCurves: [() => experiments.learningCurves(), () => experiments.learningCurves(5)],
};

/** An environment of one's own, which takes any options. */
class Unchecked {
  readonly unwrapped = this;
  reset = () => [observation, {}];
  step = () => [observation, 0, false, false, {}];
  close(): void {}
}

/** An environment with Pendulum's observations, whose actions are of another box. */
function otherBox(): Any {
  const env = bare();
  Object.defineProperty(env, 'actionSpace', { value: new envsModule.Box({ low: -9, high: 9, shape: [2] }) });
  return env;
}

const RAW = /^(TypeError|RangeError|ReferenceError|SyntaxError)$/;
const EXPECTATION = /expected|wanted|must|needs?\b|unknown|did you mean|cannot|no such|is no |has no /i;

/** What is wrong with what a call does; undefined if it throws one line that names the owner and what was expected. */
async function complaint(owner: string, call: () => unknown): Promise<string | undefined> {
  try {
    const result = (await call()) as Any;
    const value = typeof result?.next === 'function' ? await result.next() : result;
    return `silent: gave ${String(value).slice(0, 60)}`;
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

const sections = {
  distributions,
  bijectors,
  networks,
  flows,
  policies: policyCalls,
  analysis,
  engine: engineCalls,
  spaces: spacesCalls,
  envs: envCalls,
  mujoco: mujocoCalls,
  datasets: datasetCalls,
  agents: agentCalls,
  experiments: experimentCalls,
};

describe('wrong calls throw one line that names who was called and what was expected', () => {
  for (const [section, calls] of Object.entries(sections)) {
    it(section, async () => {
      const complaints: string[] = [];
      for (const [owner, rows] of Object.entries(calls)) {
        for (const call of rows) {
          const said = await complaint(owner, call);
          if (said !== undefined) complaints.push(`${String(call).replace(/\s+/g, ' ')}: ${said}`);
        }
      }
      expect(complaints).toEqual([]);
    });
  }

  it('are more than 300', () => {
    const rows = Object.values(sections).flatMap((calls) => Object.values(calls).flat());
    expect(rows.length).toBeGreaterThan(300);
  });
});
