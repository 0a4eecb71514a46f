export { type Agent, type AgentState, DivergedError, type TrainOptions, type TrainReport } from './agent.ts';
export {
  BehaviorCloning,
  type BehaviorCloningOptions,
  type BehaviorCloningReport,
  type Demonstrations,
} from './behaviorCloning.ts';
export { generalizedAdvantages, type Rollout } from './common/advantages.ts';
export type { EpisodeReport } from './common/episodeTracker.ts';
export { type EvaluateOptions, evaluate } from './common/evaluate.ts';
export { stateFromJson, stateToJson } from './common/stateJson.ts';
export { Ppo, type PpoOptions, type PpoReport } from './ppo.ts';
