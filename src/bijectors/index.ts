export { Autoregressive, BlockAutoregressive } from './autoregressive.ts';
export {
  Bijector,
  ConditionalBijector,
  type Direction,
  type Monotonicity,
  sumLogDet,
  type WithLogDet,
} from './bijector.ts';
export { checkBijector } from './checkBijector.ts';
export { Blockwise, Chain, Invert } from './composition.ts';
export { Conditioned, LocationScale, type ScaleKind } from './conditioned.ts';
export { MlpField, NeuralOde, type Time, VectorField } from './continuous.ts';
export { Coupling } from './coupling.ts';
export { Exp, Identity, LeakyRelu, Power, PRelu, SinhArcsinh, Softplus } from './elementwise.ts';
export type { VectorFamily } from './families.ts';
export {
  additiveFamily,
  affineFamily,
  circularSplineFamily,
  type ElementwiseFamily,
  householderFamily,
  inverseFamily,
  lowRankAffineFamily,
  luFamily,
  rationalQuadraticSplineFamily,
  triangularAffineFamily,
} from './families.ts';
export { LowRankAffine } from './lowRankAffine.ts';
export {
  Bernstein,
  bernsteinFamily,
  SumOfSquares,
  sumOfSquaresFamily,
  UnconstrainedMonotonic,
  unconstrainedMonotonicFamily,
} from './monotone.ts';
export { monotoneInverse } from './monotoneInverse.ts';
export { ActNorm, BatchNorm, initializeActNorms } from './normalization.ts';
export { Householder, Orthogonal, Permute, Reverse } from './orthogonal.ts';
export { Planar, planarFamily, Radial, radialFamily, Sylvester, sylvesterFamily } from './residual.ts';

export { Scale, Shift, ShiftScale } from './shiftScale.ts';
export { DeepSigmoidal, deepSigmoidalFamily, Gaussianization, gaussianizationFamily } from './sigmoidal.ts';
export { CircularSpline, RationalQuadraticSpline } from './spline.ts';
export { Sigmoid, SoftClip, SoftmaxCentered, Softsign, Tanh } from './squashing.ts';
export { Lu, TriangularAffine } from './triangular.ts';
