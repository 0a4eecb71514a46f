export {
  Autoregressive,
  type AutoregressiveOptions,
  BlockAutoregressive,
  type BlockAutoregressiveOptions,
} from './autoregressive.ts';
export {
  Bijector,
  type Conditional,
  ConditionalBijector,
  type Direction,
  type Monotonicity,
  sumLogDet,
  type WithLogDet,
} from './bijector.ts';
export { type CheckBijectorOptions, checkBijector } from './checkBijector.ts';
export { Blockwise, Chain, Invert } from './composition.ts';
export {
  Conditioned,
  type ConditionedOptions,
  LocationScale,
  type LocationScaleOptions,
  type ScaleKind,
} from './conditioned.ts';
export {
  type HutchinsonTrace,
  MlpField,
  type MlpFieldOptions,
  NeuralOde,
  type NeuralOdeOptions,
  type OdeSolver,
  type Time,
  VectorField,
  type Velocity,
} from './continuous.ts';
export { Coupling, type CouplingOptions, type TransformedEntries } from './coupling.ts';
export {
  Exp,
  Identity,
  LeakyRelu,
  Power,
  PRelu,
  type PReluOptions,
  SinhArcsinh,
  type SinhArcsinhOptions,
  Softplus,
} from './elementwise.ts';
export type { VectorFamily } from './families.ts';
export {
  additiveFamily,
  affineFamily,
  circularSplineFamily,
  type ElementwiseFamily,
  householderFamily,
  inverseFamily,
  type LowRankAffineFamilyOptions,
  lowRankAffineFamily,
  luFamily,
  rationalQuadraticSplineFamily,
  triangularAffineFamily,
} from './families.ts';
export { LowRankAffine, type LowRankAffineOptions } from './lowRankAffine.ts';
export {
  Bernstein,
  BoundedMonotone,
  type BoundedMonotoneOptions,
  bernsteinFamily,
  SumOfSquares,
  type SumOfSquaresOptions,
  sumOfSquaresFamily,
  UnconstrainedMonotonic,
  type UnconstrainedMonotonicOptions,
  unconstrainedMonotonicFamily,
} from './monotone.ts';
export { type MonotoneInverseOptions, monotoneInverse } from './monotoneInverse.ts';
export { ActNorm, BatchNorm, type BatchNormOptions, initializeActNorms } from './normalization.ts';
export { Householder, Orthogonal, Permute, Reverse } from './orthogonal.ts';
export {
  Planar,
  planarFamily,
  Radial,
  radialFamily,
  Sylvester,
  type SylvesterOptions,
  sylvesterFamily,
} from './residual.ts';
export type { Parameter } from './shiftScale.ts';
export { Scale, Shift, ShiftScale, type ShiftScaleOptions } from './shiftScale.ts';
export {
  DeepSigmoidal,
  type DeepSigmoidalOptions,
  deepSigmoidalFamily,
  Gaussianization,
  type GaussianizationOptions,
  gaussianizationFamily,
} from './sigmoidal.ts';
export {
  CircularSpline,
  type CircularSplineOptions,
  RationalQuadraticSpline,
  type RationalQuadraticSplineOptions,
} from './spline.ts';
export {
  Sigmoid,
  type SigmoidOptions,
  SoftClip,
  type SoftClipOptions,
  SoftmaxCentered,
  Softsign,
  Tanh,
} from './squashing.ts';
export { Lu, type LuOptions, TriangularAffine, type TriangularAffineOptions } from './triangular.ts';
