/**
 * The `oxbow` command, and what experiments are made from.
 * @module oxbow/experiments
 */
export { policyColours, themeColour } from '../envs/drawing/palette.ts';
export { main } from './commands/main.ts';
export { InputError } from './experiment/errors.ts';
export {
  type Answer,
  type CommonConfig,
  commonShape,
  type Drawing,
  defineExperiment,
  type Experiment,
  engineSetting,
  type Figure,
  type Job,
  type JobContext,
  type Outcome,
  type Registry,
  type Runtime,
  type SummaryRow,
} from './experiment/experiment.ts';
export { type Settings, tunedSchema } from './experiment/tuned.ts';
export { intervalChart, learningCurves, profileChart } from './report/charts.ts';
export { renderSvg } from './report/figure.ts';
export { describeBest, metricTable, textTable } from './report/table.ts';
export { loadPolicies } from './run/loadPolicies.ts';
export { Bootstrap, interquartileMean, performanceProfile } from './statistics/bootstrap.ts';
export { improvementInterval, pairedDifference, probabilityOfImprovement } from './statistics/comparison.ts';
export { holm, pairedPermutationTest, wilsonInterval } from './statistics/pValues.ts';
export { logToFiles, logToMlflow, type MlflowOptions, type ReportLog } from './train/reportLogs.ts';
