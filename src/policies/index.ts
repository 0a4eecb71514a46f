export type { AnySpace, BoxSpace, DiscreteSpace, PlainSpace } from '../spaces/plain.ts';
export {
  type ChoiceSpace,
  choicesOf,
  type MultiBinarySpace,
  type MultiDiscreteSpace,
} from '../spaces/plain.ts';
export {
  ActionSamples,
  type ActionSamplesOptions,
  actionDensity,
  SquashedDistribution,
  withDensity,
} from './actionDistributions.ts';
export {
  AutoregressiveCategoricalPolicy,
  type AutoregressiveCategoricalPolicyOptions,
} from './autoregressiveCategoricalPolicy.ts';
export { BestOfPolicy, type BestOfPolicyOptions } from './bestOfPolicy.ts';
export { boxSquash } from './boxScale.ts';
export type { LearnerName, PolicyOptionsByName } from './builtinPolicies.ts';
export {
  CategoricalPolicy,
  type CategoricalPolicyOptions,
  MultiCategoricalPolicy,
  type MultiCategoricalPolicyOptions,
  maskedLogits,
} from './categoricalPolicy.ts';
export { type CheckPolicyOptions, checkPolicy } from './checkPolicy.ts';
export {
  FlowMatchingPolicy,
  type FlowMatchingPolicyOptions,
  type MatchingDraws,
} from './flowMatchingPolicy.ts';
export { FlowPolicy } from './flowPolicy.ts';
export {
  FullCovarianceGaussianPolicy,
  GaussianPolicy,
  type GaussianPolicyOptions,
  TruncatedNormalPolicy,
  type TruncatedNormalPolicyOptions,
} from './gaussianPolicy.ts';
export { ImplicitPolicy, type ImplicitPolicyOptions } from './implicitPolicy.ts';
export {
  MixtureNetwork,
  type MixtureNetworkOptions,
  MixturePolicy,
  type MixturePolicyOptions,
  RelaxedMixturePolicy,
  type RelaxedMixturePolicyOptions,
} from './mixturePolicy.ts';
export {
  ObservationEncoder,
  type ObservationEncoderOptions,
  type ObservationMoments,
  ObservationNormalizer,
} from './observationEncoder.ts';
export { ObservationLayout, type ObservationPart } from './observationLayout.ts';
export type { ActedAction, ActOptions, Observation, UsualAction } from './policy.ts';
export {
  type ActionArrays,
  type ActionDistribution,
  type ActionSample,
  Actor,
  type ActorOptions,
  Policy,
  type PolicyConfig,
  type SampledAction,
  sampleAction,
} from './policy.ts';
export { commonPolicyOptions, type MakeArguments, type PolicyDefinition } from './policyDefinition.ts';
export { type LoadedPolicy, loadPolicy, policyFromJson, policyToJson, savePolicy } from './policyFile.ts';
export {
  EpsilonGreedyPolicy,
  QNetworkPolicy,
  type QNetworkPolicyOptions,
  QuantileNetworkPolicy,
  type QuantileNetworkPolicyOptions,
} from './qNetworkPolicy.ts';
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
export { WrappedPolicy } from './wrappedPolicy.ts';
