export { main } from './commands/main.ts';
export {
  type Choices,
  type CommonConfig,
  commonShape,
  type Experiment,
  type Figure,
  type Job,
  type JobContext,
  type JobResult,
  type MetricsRow,
  type Outcome,
  type Runtime,
  type Section,
  type SummaryRow,
  type Table,
} from './harness/experiment.ts';
export { InputError } from './harness/inputError.ts';
export { type AnyExperiment, defineExperiment, type Registry } from './harness/registry.ts';
export { type IntervalChartOptions, intervalChart } from './harness/report/intervalChart.ts';
export { type CurvePoint, type LearningCurvesOptions, learningCurves } from './harness/report/learningCurves.ts';
export { policyColours } from './harness/report/palette.ts';
export { renderSvg } from './harness/report/renderSvg.ts';
export { type MetricColumn, metricTable, textTable } from './harness/report/table.ts';
export { Bootstrap, type BootstrapInterval, type BootstrapOptions } from './harness/statistics/bootstrap.ts';
export { holm } from './harness/statistics/holm.ts';
export { interquartileMean } from './harness/statistics/interquartileMean.ts';
export { pairedPermutationTest } from './harness/statistics/pairedPermutationTest.ts';
export { probabilityOfImprovement } from './harness/statistics/probabilityOfImprovement.ts';
export { wilsonInterval } from './harness/statistics/wilsonInterval.ts';
export { registry } from './registry.ts';
