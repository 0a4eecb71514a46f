/**
 * The `oxbow` command, and what experiments are made from.
 * @module oxbow/experiments
 */
export { type ColourName, policyColours, type Theme, themeColour } from '../envs/drawing/palette.ts';
export { main } from './commands/main.ts';
export { InputError } from './experiment/errors.ts';
export {
  type Answer,
  type AnswerBar,
  type AnswerChart,
  type AnyExperiment,
  type Choices,
  type CommonConfig,
  type Conclusion,
  commonShape,
  type Drawing,
  defineExperiment,
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
  type Registry,
  type Runtime,
  type Section,
  type SummaryRow,
  type Table,
} from './experiment/experiment.ts';
export { type Settings, type Tuned, tunedSchema } from './experiment/tuned.ts';
export { type EndpointMeasure, type EndpointSource, endpointTable } from './report/answers.ts';
export {
  type CurvePoint,
  type IntervalChartOptions,
  intervalChart,
  type LearningCurvesOptions,
  learningCurves,
  type PolicyProfile,
  type ProfileChartOptions,
  profileChart,
  typicalOutcome,
} from './report/charts.ts';
export { renderSvg } from './report/figure.ts';
export { type DescribeBestOptions, describeBest, type MetricColumn, metricTable, textTable } from './report/table.ts';
export { type LoadPoliciesOptions, loadPolicies, type TrainedPolicy } from './run/loadPolicies.ts';
export {
  Bootstrap,
  type BootstrapInterval,
  type BootstrapOptions,
  interquartileMean,
  type ProfilePoint,
  performanceProfile,
} from './statistics/bootstrap.ts';
export {
  type Difference,
  type Equivalence,
  type EquivalenceOptions,
  equivalenceTest,
  improvementInterval,
  pairedDifference,
  probabilityOfImprovement,
} from './statistics/comparison.ts';
export { holm, pairedPermutationTest, wilsonInterval } from './statistics/pValues.ts';
