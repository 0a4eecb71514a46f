export {
  Bijector,
  type Conditional,
  type Direction,
  type Monotonicity,
  sumLogDet,
  type WithLogDet,
} from './bijector.ts';
export { Blockwise } from './blockwise.ts';
export { Chain } from './chain.ts';
export { type CheckBijectorOptions, checkBijector } from './checkBijector.ts';
export { ConditionalBijector } from './conditionalBijector.ts';
export { type HutchinsonTrace, MlpField, type MlpFieldOptions } from './continuous/mlpField.ts';
export { NeuralOde, type NeuralOdeOptions, type OdeSolver } from './continuous/neuralOde.ts';
export { type Time, VectorField, type Velocity } from './continuous/vectorField.ts';
export { Bernstein, bernsteinFamily } from './elementwise/bernstein.ts';
export { BoundedMonotone, type BoundedMonotoneOptions } from './elementwise/boundedMonotone.ts';
export { CircularSpline, type CircularSplineOptions } from './elementwise/circularSpline.ts';
export { DeepSigmoidal, type DeepSigmoidalOptions, deepSigmoidalFamily } from './elementwise/deepSigmoidal.ts';
export {
  additiveFamily,
  affineFamily,
  circularSplineFamily,
  type ElementwiseFamily,
  rationalQuadraticSplineFamily,
} from './elementwise/elementwiseFamily.ts';
export { Exp } from './elementwise/exp.ts';
export { Gaussianization, type GaussianizationOptions, gaussianizationFamily } from './elementwise/gaussianization.ts';
export { Identity } from './elementwise/identity.ts';
export { inverseFamily } from './elementwise/inverseFamily.ts';
export { LeakyRelu } from './elementwise/leakyRelu.ts';
export { Power } from './elementwise/power.ts';
export { PRelu, type PReluOptions } from './elementwise/prelu.ts';
export { RationalQuadraticSpline, type RationalQuadraticSplineOptions } from './elementwise/rationalQuadraticSpline.ts';
export { Sigmoid, type SigmoidOptions } from './elementwise/sigmoid.ts';
export { SinhArcsinh, type SinhArcsinhOptions } from './elementwise/sinhArcsinh.ts';
export { SoftClip, type SoftClipOptions } from './elementwise/softClip.ts';
export { Softplus } from './elementwise/softplus.ts';
export { Softsign } from './elementwise/softsign.ts';
export { SumOfSquares, type SumOfSquaresOptions, sumOfSquaresFamily } from './elementwise/sumOfSquares.ts';
export { Tanh } from './elementwise/tanh.ts';
export {
  UnconstrainedMonotonic,
  type UnconstrainedMonotonicOptions,
  unconstrainedMonotonicFamily,
} from './elementwise/unconstrainedMonotonic.ts';
export { Invert } from './invert.ts';
export { Autoregressive, type AutoregressiveOptions } from './layers/autoregressive.ts';
export { BlockAutoregressive, type BlockAutoregressiveOptions } from './layers/blockAutoregressive.ts';
export { Conditioned, type ConditionedOptions } from './layers/conditioned.ts';
export { Coupling, type CouplingOptions, type TransformedEntries } from './layers/coupling.ts';
export { householderFamily } from './layers/householderFamily.ts';
export { LocationScale, type LocationScaleOptions, type ScaleKind } from './layers/locationScale.ts';
export { type LowRankAffineFamilyOptions, lowRankAffineFamily } from './layers/lowRankAffineFamily.ts';
export { luFamily } from './layers/luFamily.ts';
export { Planar, planarFamily } from './layers/planar.ts';
export { Radial, radialFamily } from './layers/radial.ts';
export { SoftmaxCentered } from './layers/softmaxCentered.ts';
export { Sylvester, type SylvesterOptions, sylvesterFamily } from './layers/sylvester.ts';
export { triangularAffineFamily } from './layers/triangularAffineFamily.ts';
export type { VectorFamily } from './layers/vectorFamily.ts';
export { ActNorm } from './linear/actNorm.ts';
export { BatchNorm, type BatchNormOptions } from './linear/batchNorm.ts';
export { Householder } from './linear/householder.ts';
export { initializeActNorms } from './linear/initializeActNorms.ts';
export { LowRankAffine, type LowRankAffineOptions } from './linear/lowRankAffine.ts';
export { Lu, type LuOptions } from './linear/lu.ts';
export { Orthogonal } from './linear/orthogonal.ts';
export { Permute } from './linear/permute.ts';
export { Reverse } from './linear/reverse.ts';
export { Scale } from './linear/scale.ts';
export { Shift } from './linear/shift.ts';
export { ShiftScale, type ShiftScaleOptions } from './linear/shiftScale.ts';
export { TriangularAffine, type TriangularAffineOptions } from './linear/triangularAffine.ts';
export { type MonotoneInverseOptions, monotoneInverse } from './monotoneInverse.ts';
export type { Parameter } from './parameter.ts';
