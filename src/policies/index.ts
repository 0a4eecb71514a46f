export { actionDensity } from './actionDensity.ts';
export { ActionSamples, type ActionSamplesOptions } from './actionSamples.ts';
export { type ActionArrays, Actor, type ActorOptions } from './actor.ts';
export {
  AutoregressiveCategoricalPolicy,
  type AutoregressiveCategoricalPolicyOptions,
} from './autoregressiveCategoricalPolicy.ts';
export { BestOfPolicy, type BestOfPolicyOptions } from './bestOfPolicy.ts';
export type { AnySpace, BoxSpace } from './boxSpace.ts';
export { boxSquash } from './boxSquash.ts';
export type { PolicyOptionsByName } from './builtinPolicies.ts';
export { CategoricalPolicy, type CategoricalPolicyOptions } from './categoricalPolicy.ts';
export { type CheckPolicyOptions, checkPolicy } from './checkPolicy.ts';
export type { DiscreteSpace } from './discreteSpace.ts';
export { EpsilonGreedyPolicy } from './epsilonGreedyPolicy.ts';
export {
  FlowMatchingPolicy,
  type FlowMatchingPolicyOptions,
  type MatchingDraws,
} from './flowMatchingPolicy.ts';
export { FlowPolicy } from './flowPolicy.ts';
export { FullCovarianceGaussianPolicy } from './fullCovarianceGaussianPolicy.ts';
export { GaussianPolicy, type GaussianPolicyOptions } from './gaussianPolicy.ts';
export { ImplicitPolicy, type ImplicitPolicyOptions } from './implicitPolicy.ts';
export { maskedLogits } from './maskedLogits.ts';
export { MixtureNetwork, type MixtureNetworkOptions } from './mixtureNetwork.ts';
export { MixturePolicy, type MixturePolicyOptions } from './mixturePolicy.ts';
export { MultiCategoricalPolicy, type MultiCategoricalPolicyOptions } from './multiCategoricalPolicy.ts';
export {
  type ChoiceSpace,
  choicesOf,
  type MultiBinarySpace,
  type MultiDiscreteSpace,
} from './multiDiscreteSpace.ts';
export { ObservationEncoder, type ObservationEncoderOptions } from './observationEncoder.ts';
export { ObservationLayout, type ObservationPart } from './observationLayout.ts';
export { type ObservationMoments, ObservationNormalizer } from './observationNormalizer.ts';
export type { PlainSpace } from './plainSpace.ts';
export { type ActionDistribution, type ActionSample, Policy, type PolicyConfig, type SampledAction } from './policy.ts';
export { commonPolicyOptions, type MakeArguments, type PolicyDefinition } from './policyDefinition.ts';
export { loadPolicy, savePolicy } from './policyFile.ts';
export { type LoadedPolicy, policyFromJson, policyToJson } from './policyJson.ts';
export type { LearnerName } from './policyOptionsFor.ts';
export { QNetworkPolicy, type QNetworkPolicyOptions } from './qNetworkPolicy.ts';
export { QuantileNetworkPolicy, type QuantileNetworkPolicyOptions } from './quantileNetworkPolicy.ts';
export {
  type ActionOf,
  makePolicy,
  type PolicyInfo,
  type PolicyName,
  type PolicyOptions,
  type PolicySpaces,
  type PolicyTask,
  policies,
  registerPolicy,
} from './registry.ts';
export { RelaxedMixturePolicy, type RelaxedMixturePolicyOptions } from './relaxedMixturePolicy.ts';
export { sampleAction } from './sampleAction.ts';
export type { ActedAction, ActOptions, Observation, UsualAction } from './singleActor.ts';
export { SquashedDistribution } from './squashedDistribution.ts';
export { TruncatedNormalPolicy, type TruncatedNormalPolicyOptions } from './truncatedNormalPolicy.ts';
export { withDensity } from './withDensity.ts';
export { WrappedPolicy } from './wrappedPolicy.ts';
