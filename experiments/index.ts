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
} from './harness/conclusion.ts';
export {
  amongSeeds,
  type Endpoint,
  type EndpointMeasure,
  type EndpointRow,
  type EndpointSource,
  endpointOf,
} from './harness/endpoint.ts';
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
} from './harness/experiment.ts';
export { InputError } from './harness/inputError.ts';
export { type AnyExperiment, defineExperiment, type Registry } from './harness/registry.ts';
export { type DescribeBestOptions, describeBest } from './harness/report/describeBest.ts';
export { endpointTable } from './harness/report/endpointTable.ts';
export { type IntervalChartOptions, intervalChart } from './harness/report/intervalChart.ts';
export { type CurvePoint, type LearningCurvesOptions, learningCurves } from './harness/report/learningCurves.ts';
export { type PolicyProfile, type ProfileChartOptions, profileChart } from './harness/report/profileChart.ts';
export { renderSvg } from './harness/report/renderSvg.ts';
export { type MetricColumn, metricTable, textTable } from './harness/report/table.ts';
export { typicalOutcome } from './harness/report/typicalOutcome.ts';
export { Bootstrap, type BootstrapInterval, type BootstrapOptions } from './harness/statistics/bootstrap.ts';
export {
  type Difference,
  type Equivalence,
  type EquivalenceOptions,
  equivalenceTest,
  improvementInterval,
  pairedDifference,
  probabilityOfImprovement,
} from './harness/statistics/comparison.ts';
export { interquartileMean } from './harness/statistics/orderStatistics.ts';
export { type ProfilePoint, performanceProfile } from './harness/statistics/performanceProfile.ts';
export { holm, pairedPermutationTest } from './harness/statistics/pValues.ts';
export { wilsonInterval } from './harness/statistics/wilsonInterval.ts';
export type { SearchSpace, Settings } from './harness/tuning/searchSpace.ts';
export { type SearchSpaces, type Tuned, tunedSchema } from './harness/tuning/tunedSchema.ts';
export type { Objective, Tuning } from './harness/tuning/tuning.ts';
export { type LoadPoliciesOptions, loadPolicies, type TrainedPolicy } from './loadPolicies.ts';
export { registry } from './registry.ts';
