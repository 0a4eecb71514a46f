export { boxSquash } from './boxSquash.ts';
export { FlowPolicy } from './flowPolicy.ts';
export { FullCovarianceGaussianPolicy } from './fullCovarianceGaussianPolicy.ts';
export { GaussianPolicy, type GaussianPolicyOptions } from './gaussianPolicy.ts';
export { MixturePolicy } from './mixturePolicy.ts';
export { type ActionDistribution, Policy, type SampledAction } from './policy.ts';
export { SquashedDistribution } from './squashedDistribution.ts';
