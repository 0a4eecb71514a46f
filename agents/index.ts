/**
 * Agents, whose training is a stream of reports.
 * @module oxbow/agents
 */

export type { Rate } from '../src/training/optimization.ts';
export { DivergedError } from '../src/training/optimization.ts';
export { A2c, type A2cOptions } from './a2c.ts';
export type { Agent, AgentState, EpisodeReport, TrainOptions, TrainReport } from './agent.ts';
export {
  BehaviorCloning,
  type BehaviorCloningOptions,
} from './behaviorCloning.ts';
export { checkAgent } from './checkAgent.ts';
export type { EnvSource } from './core/envs.ts';
export type { EpisodeStatistics } from './core/episodeStatistics.ts';
export { episodeStatistics } from './core/episodeStatistics.ts';
export { type CollectEpisodesOptions, collectEpisodes } from './core/episodes.ts';
export {
  EvaluatedAgent,
  type EvaluatedAgentOptions,
  type EvaluatedReport,
  evaluate,
  type TrainingEvaluation,
} from './core/evaluate.ts';
export { generalizedAdvantages } from './core/rollout.ts';
export type { Demonstrations } from './core/sequences.ts';
export { stateFromJson, stateToJson } from './core/state.ts';
export { CrossQ, type CrossQOptions } from './crossQ.ts';
export { Dqn, type DqnOptions, QrDqn, type QrDqnOptions } from './dqn.ts';
export { Dsrl, type DsrlOptions } from './dsrl.ts';
export { Fpo, type FpoOptions } from './fpo.ts';
export { Meow, type MeowOptions } from './meow.ts';
export { Fql, type FqlOptions } from './offline/fql.ts';
export { Gcivl, type GcivlOptions } from './offline/gcivl.ts';
export { Iql, type IqlOptions } from './offline/iql.ts';
export { NfRlbc, type NfRlbcOptions } from './offline/nfRlbc.ts';
export { Td3Bc, type Td3BcOptions } from './offline/td3Bc.ts';
export { Ppo, type PpoOptions } from './ppo.ts';
export { type Presets, presets } from './presets.ts';

export { ReinFlow, type ReinFlowOptions } from './reinFlow.ts';
export { Reinforce, type ReinforceOptions } from './reinforce.ts';
export { Sac, type SacOptions } from './sac.ts';
export { SoftQLearning, type SoftQLearningOptions } from './softQLearning.ts';
export { Td3, type Td3Options } from './td3.ts';
export { Tqc, type TqcOptions } from './tqc.ts';
export { type TrainResult, type TrainSettings, train, trainStream } from './train.ts';
