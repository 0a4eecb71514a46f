export { BatchBroadcast } from './batchBroadcast.ts';
export { Categorical } from './categorical.ts';
export { Distribution, type Estimate, type SampleWithLogProb } from './distribution.ts';
export { MixtureSameFamily } from './mixtureSameFamily.ts';
export { MultivariateNormalDiag } from './multivariateNormalDiag.ts';
export { MultivariateNormalTriL } from './multivariateNormalTriL.ts';
export { StandardNormal } from './standardNormal.ts';
export { TransformedDistribution } from './transformedDistribution.ts';
export { Uniform } from './uniform.ts';
