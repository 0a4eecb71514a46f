/**
 * Agents, whose training is a stream of reports.
 * @module oxbow/agents
 */

export type { Rate } from '../src/training/optimization.ts';
export { DivergedError } from '../src/training/optimization.ts';
export { A2c, type A2cOptions, type A2cReport } from './a2c.ts';
export type { Agent, AgentState, EpisodeReport, TrainOptions, TrainReport } from './agent.ts';
export {
  BehaviorCloning,
  type BehaviorCloningOptions,
  type BehaviorCloningReport,
  type Demonstrations,
} from './behaviorCloning.ts';
export { type CheckAgentOptions, checkAgent } from './checkAgent.ts';
export type { EnvRequest, EnvSource } from './core/envs.ts';
export type { EpisodeFigures, EpisodeStatistics } from './core/episodeStatistics.ts';
export { episodeStatistics } from './core/episodeStatistics.ts';
export { type CollectEpisodesOptions, collectEpisodes } from './core/episodes.ts';
export {
  EvaluatedAgent,
  type EvaluatedAgentOptions,
  type EvaluatedReport,
  type EvaluateOptions,
  evaluate,
  type TrainingEvaluation,
} from './core/evaluate.ts';
export { generalizedAdvantages, type Rollout } from './core/rollout.ts';
export { stateFromJson, stateToJson } from './core/state.ts';
export { CrossQ, type CrossQOptions, type CrossQReport } from './crossQ.ts';
export { Dqn, type DqnOptions, type DqnReport, QrDqn, type QrDqnOptions, type QrDqnReport } from './dqn.ts';
export { Fpo, type FpoOptions, type FpoReport } from './fpo.ts';
export { Fql, type FqlOptions, type FqlReport } from './offline/fql.ts';
export { Iql, type IqlOptions, type IqlReport } from './offline/iql.ts';
export { NfRlbc, type NfRlbcOptions, type NfRlbcReport } from './offline/nfRlbc.ts';
export { Td3Bc, type Td3BcOptions, type Td3BcReport } from './offline/td3Bc.ts';
export { Ppo, type PpoOptions, type PpoReport } from './ppo.ts';
export { type Preset, type Presets, presets } from './presets.ts';
export type { AgentName, AgentOptionsByName, AgentReportsByName } from './registry.ts';
export { Reinforce, type ReinforceOptions, type ReinforceReport } from './reinforce.ts';
export { Sac, type SacOptions, type SacReport } from './sac.ts';
export { SoftQLearning, type SoftQLearningOptions, type SoftQLearningReport } from './softQLearning.ts';
export { Td3, type Td3Options, type Td3Report } from './td3.ts';
export { Tqc, type TqcOptions, type TqcReport } from './tqc.ts';
export { type TrainResult, type TrainSettings, train, trainStream } from './train.ts';
