/**
 * The `oxbow` command, and what experiments are made from.
 * @module oxbow/experiments
 */
export { type ColourName, policyColours, type Theme, themeColour } from '../envs/drawing/palette.ts';
export { main } from './commands/main.ts';
export {
  type Answer,
  type AnswerBar,
  type AnswerChart,
  type Bounds,
  bounded,
  byConstruction,
  type Conclusion,
  type Criteria,
  type Criterion,
  concludeClauses,
  DECIDING_SEEDS,
  noted,
  type Uncounted,
  underControl,
  type Verdict,
} from './experiment/conclusion.ts';
export {
  amongSeeds,
  type Endpoint,
  type EndpointMeasure,
  type EndpointRow,
  type EndpointSource,
  endpointOf,
} from './experiment/endpoint.ts';
export {
  type Choices,
  type CommonConfig,
  commonShape,
  type Drawing,
  type Experiment,
  engineSetting,
  type Figure,
  type Job,
  type JobContext,
  type JobResult,
  type LegendEntry,
  type MetricsRow,
  type Outcome,
  type Panel,
  type Preset,
  type Runtime,
  type Section,
  type SummaryRow,
  type Table,
} from './experiment/experiment.ts';
export { InputError } from './experiment/inputError.ts';
export { type AnyExperiment, defineExperiment, type Registry } from './experiment/registry.ts';
export type { SearchSpace, Settings } from './experiment/searchSpace.ts';
export { type SearchSpaces, type Tuned, tunedSchema } from './experiment/tunedSchema.ts';
export type { Objective, Tuning } from './experiment/tuning.ts';
export { type DescribeBestOptions, describeBest } from './report/describeBest.ts';
export { endpointTable } from './report/endpointTable.ts';
export { type IntervalChartOptions, intervalChart } from './report/intervalChart.ts';
export { type CurvePoint, type LearningCurvesOptions, learningCurves } from './report/learningCurves.ts';
export { type PolicyProfile, type ProfileChartOptions, profileChart } from './report/profileChart.ts';
export { renderSvg } from './report/renderSvg.ts';
export { type MetricColumn, metricTable, textTable } from './report/table.ts';
export { typicalOutcome } from './report/typicalOutcome.ts';
export { type LoadPoliciesOptions, loadPolicies, type TrainedPolicy } from './run/loadPolicies.ts';
export { Bootstrap, type BootstrapInterval, type BootstrapOptions } from './statistics/bootstrap.ts';
export {
  type Difference,
  type Equivalence,
  type EquivalenceOptions,
  equivalenceTest,
  improvementInterval,
  pairedDifference,
  probabilityOfImprovement,
} from './statistics/comparison.ts';
export { interquartileMean } from './statistics/orderStatistics.ts';
export { type ProfilePoint, performanceProfile } from './statistics/performanceProfile.ts';
export { holm, pairedPermutationTest } from './statistics/pValues.ts';
export { wilsonInterval } from './statistics/wilsonInterval.ts';
