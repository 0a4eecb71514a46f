/**
 * Agents, whose training is a stream of reports.
 * @module oxbow/agents
 */
export { DivergedError } from '../src/training/divergedError.ts';
export type { Rate } from '../src/training/rate.ts';
export { A2c, type A2cOptions, type A2cReport } from './a2c.ts';
export type { Agent, AgentState, TrainOptions, TrainReport } from './agent.ts';
export {
  BehaviorCloning,
  type BehaviorCloningOptions,
  type BehaviorCloningReport,
  type Demonstrations,
} from './behaviorCloning.ts';
export type { AgentName, AgentOptionsByName, AgentReportsByName } from './builtinAgents.ts';
export { type CheckAgentOptions, checkAgent } from './checkAgent.ts';
export { generalizedAdvantages, type Rollout } from './common/advantages.ts';
export { type CollectEpisodesOptions, collectEpisodes } from './common/collectEpisodes.ts';
export { episodeStatistics } from './common/episodeStatistics.ts';
export type { EpisodeStatistics } from './common/episodeTally.ts';
export type { EpisodeReport } from './common/episodeTracker.ts';
export { type EvaluateOptions, evaluate } from './common/evaluate.ts';
export type { EnvRequest, EnvSource } from './common/openEnvs.ts';
export type { EpisodeFigures } from './common/recentEpisodes.ts';
export { stateFromJson, stateToJson } from './common/stateJson.ts';
export { CrossQ, type CrossQOptions, type CrossQReport } from './crossQ.ts';
export { Dqn, type DqnOptions, type DqnReport } from './dqn.ts';
export {
  EvaluatedAgent,
  type EvaluatedAgentOptions,
  type EvaluatedReport,
  type TrainingEvaluation,
} from './evaluatedAgent.ts';
export { Fpo, type FpoOptions, type FpoReport } from './fpo.ts';
export { Fql, type FqlOptions, type FqlReport } from './offline/fql.ts';
export { Iql, type IqlOptions, type IqlReport } from './offline/iql.ts';
export { NfRlbc, type NfRlbcOptions, type NfRlbcReport } from './offline/nfRlbc.ts';
export { Td3Bc, type Td3BcOptions, type Td3BcReport } from './offline/td3Bc.ts';
export { Ppo, type PpoOptions, type PpoReport } from './ppo.ts';
export { type Preset, type Presets, presets } from './presets.ts';
export { QrDqn, type QrDqnOptions, type QrDqnReport } from './qrDqn.ts';
export { Reinforce, type ReinforceOptions, type ReinforceReport } from './reinforce.ts';
export { Sac, type SacOptions, type SacReport } from './sac.ts';
export { SoftQLearning, type SoftQLearningOptions, type SoftQLearningReport } from './softQLearning.ts';
export { Td3, type Td3Options, type Td3Report } from './td3.ts';
export { Tqc, type TqcOptions, type TqcReport } from './tqc.ts';
export { train } from './train.ts';
export { type TrainResult, type TrainSettings, trainStream } from './trainStream.ts';
