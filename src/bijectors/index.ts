export { Bijector, type Conditional, type Direction, sumLogDet, type WithLogDet } from './bijector.ts';
export { Chain } from './chain.ts';
export { CircularSpline, type CircularSplineOptions } from './circularSpline.ts';
export { ConditionalBijector } from './conditionalBijector.ts';
export { Conditioned, type ConditionedOptions } from './conditioned.ts';
export { Coupling, type CouplingOptions, type TransformedEntries } from './coupling.ts';
export {
  additiveFamily,
  affineFamily,
  circularSplineFamily,
  type ElementwiseFamily,
  rationalQuadraticSplineFamily,
} from './elementwiseFamily.ts';
export { Exp } from './exp.ts';
export { Identity } from './identity.ts';
export { Invert } from './invert.ts';
export { LocationScale, type LocationScaleOptions } from './locationScale.ts';
export { Permute } from './permute.ts';
export { PRelu, type PReluOptions } from './prelu.ts';
export { RationalQuadraticSpline, type RationalQuadraticSplineOptions } from './rationalQuadraticSpline.ts';
export { Reverse } from './reverse.ts';
export { Scale } from './scale.ts';
export { Shift } from './shift.ts';
export { type Parameter, ShiftScale, type ShiftScaleOptions } from './shiftScale.ts';
export { Sigmoid, type SigmoidOptions } from './sigmoid.ts';
export { Softplus } from './softplus.ts';
export { Tanh } from './tanh.ts';
export { TriangularAffine, type TriangularAffineOptions } from './triangularAffine.ts';
