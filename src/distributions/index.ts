export { Beta, Kumaraswamy } from './beta.ts';
export {
  Categorical,
  ExpRelaxedOneHotCategorical,
  OneHotCategorical,
  RelaxedOneHotCategorical,
} from './categorical.ts';
export { checkDistribution } from './checkDistribution.ts';
export { VonMises, Wrapped, WrappedNormal } from './circular.ts';
export { Dirichlet } from './dirichlet.ts';

export { Distribution, type SampleWithLogProb, type Tails } from './distribution.ts';
export { Exponential, Gamma } from './gamma.ts';
export { kl, klEstimate } from './kl.ts';
export { Cauchy, Gumbel, Laplace, Logistic } from './locationScale.ts';
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
