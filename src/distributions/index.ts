export { Beta, Kumaraswamy } from './beta.ts';
export {
  Categorical,
  ExpRelaxedOneHotCategorical,
  OneHotCategorical,
  RelaxedOneHotCategorical,
} from './categorical.ts';
export { type CheckDistributionOptions, checkDistribution } from './checkDistribution.ts';
export { VonMises, Wrapped, WrappedNormal } from './circular.ts';
export { Dirichlet } from './dirichlet.ts';
export type { Estimate } from './distribution.ts';
export { Distribution, type SampleWithLogProb, type Tails } from './distribution.ts';
export { Exponential, Gamma } from './gamma.ts';
export { kl, klEstimate } from './kl.ts';
export {
  Cauchy,
  Gumbel,
  Laplace,
  LocationScaleDistribution,
  type LocationScaleParameters,
  Logistic,
} from './locationScale.ts';
export { MixtureSameFamily } from './mixtureSameFamily.ts';
export {
  MultivariateNormalDiag,
  MultivariateNormalLowRank,
  MultivariateNormalTriL,
  StandardNormal,
} from './multivariateNormal.ts';
export { LogNormal, Normal, TruncatedNormal } from './normal.ts';
export { BatchBroadcast, Independent } from './shapes.ts';
export { midpointFractions, splineQuantiles } from './splineQuantiles.ts';
export { StudentT } from './studentT.ts';
export { TransformedDistribution } from './transformedDistribution.ts';
export { Uniform } from './uniform.ts';
