import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { EvaluatedReport } from '../../agents/index.ts';
import { show } from '../../src/options/describe.ts';
import { checkArgument, checkCount, checkOptions } from '../../src/options/parse.ts';
import { InputError } from '../experiment/errors.ts';
import { ReportRows, TrainingLog } from './trainingLog.ts';

/** Takes the reports of a training: an `onReport` of `train`. */
export type ReportLog = (report: EvaluatedReport) => void | Promise<void>;

/**
 * Logs a training of a program as `oxbow train` does, a row for each report: `progress.csv`, `progress.jsonl`, and an event file for TensorBoard.
 *
 * @example
 * using log = logToFiles('runs/mine');
 * const { policy } = await train({ env: 'Pendulum-v1', agent: 'ppo', onReport: log });
 * @throws InputError, if the folder has a log already or cannot be written, here or at a report
 */
export function logToFiles(folder: string): ReportLog & Disposable {
  checkArgument('logToFiles', 'folder', folder, String);
  if (folder === '') throw new InputError('logToFiles: folder: got "", expected the name of a folder');
  const taken = TrainingLog.files.map((name) => join(folder, name)).find(existsSync);
  if (taken !== undefined)
    throw new InputError(`logToFiles: ${taken} is there already, expected a folder without a log`);
  const log = written(folder, () => new TrainingLog(folder, []));
  const rows = new ReportRows(0);
  let open = true;
  let last = { step: 0, time: performance.now() };
  const add: ReportLog = (report) => {
    checkReport('logToFiles', report);
    if (!open) throw new Error('logToFiles: the log is closed, expected no report after it');
    const now = { step: report.step, time: performance.now() };
    const stepsPerSecond = (1000 * (now.step - last.step)) / (now.time - last.time);
    written(folder, () => log.add(rows.add(report, false)!, stepsPerSecond));
    last = now;
  };
  const close = () => {
    open = false;
    log.close();
  };
  return Object.assign(add, { [Symbol.dispose]: close });
}

function written<T>(folder: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new InputError(`logToFiles: cannot write into ${folder}: ${(error as Error).message}`);
  }
}

const MLFLOW = 'logToMlflow';
/** What one request may have. */
const MOST_PARAMS = 100;

/** Where MLflow is, and what a run there is called. */
export interface MlflowOptions {
  /** The address of its server; by default `MLFLOW_TRACKING_URI`, or `http://localhost:5000`. */
  readonly uri?: string;
  /** The name of the run; by default MLflow gives it one. */
  readonly name?: string;
  /** By default that which MLflow begins with. */
  readonly experimentId?: string;
  /** Parameters of the run, each as text: what `train` was given, say. */
  readonly params?: Readonly<Record<string, unknown>>;
}

/**
 * Logs a training as a run of MLflow, by its REST API, a step of metrics for each report. `finish` says that the training has succeeded; a log
 * that is disposed without it was a failure.
 *
 * @example
 * await using log = await logToMlflow({ params: settings });
 * const { policy } = await train({ ...settings, onReport: log });
 * await log.finish();
 * @throws one line, if the server cannot be reached or refuses, here or at a report
 */
export async function logToMlflow(
  options: MlflowOptions = {},
): Promise<ReportLog & AsyncDisposable & { finish(): Promise<void> }> {
  const text = [undefined, String];
  const {
    uri = process.env.MLFLOW_TRACKING_URI ?? 'http://localhost:5000',
    name,
    experimentId = '0',
    params = {},
  } = checkOptions(MLFLOW, options, { uri: text, name: text, experimentId: text, params: [undefined, Object] });
  if (!/^https?:/i.test(uri) || !URL.canParse(uri)) {
    throw new Error(`${MLFLOW}: uri: got ${show(uri)}, expected the address of a server, as http://localhost:5000`);
  }
  const call = (what: string, body: object) => mlflow(uri, what, body);
  const texts = Object.entries(params).map(([key, value]) => ({ key, value: textOf(value) }));
  const { run } = await call('runs/create', { experiment_id: experimentId, run_name: name, start_time: Date.now() });
  const run_id = run?.info?.run_id;
  if (run_id === undefined)
    throw new Error(`logToMlflow: runs/create: ${uri} answers no run, expected a server of MLflow`);
  const rows = new ReportRows(0);
  const log: ReportLog = async (report) => {
    checkReport(MLFLOW, report);
    const timestamp = Date.now();
    const { step, ...values } = rows.add(report, false)!;
    const metrics = Object.entries(values).flatMap(([key, value]) =>
      typeof value === 'number' ? [{ key, value, step, timestamp }] : [],
    );
    await send({ metrics });
  };
  let open = true;
  const end = async (status: string) => {
    if (!open) return;
    open = false;
    await call('runs/update', { run_id, status, end_time: Date.now() });
  };
  /** A run whose beginning or report is refused ends as a failure; what refuses that, too, would hide the first error. */
  const send = async (batch: object) => {
    try {
      await call('runs/log-batch', { run_id, ...batch });
    } catch (error) {
      await end('FAILED').catch(() => {});
      throw error;
    }
  };
  for (let at = 0; at < texts.length; at += MOST_PARAMS) await send({ params: texts.slice(at, at + MOST_PARAMS) });
  return Object.assign(log, { finish: () => end('FINISHED'), [Symbol.asyncDispose]: () => end('FAILED') });
}

/** That a log gets what a training reports. @throws one line */
function checkReport(owner: string, report: EvaluatedReport): void {
  checkArgument(owner, 'report', report, Object);
  checkCount(owner, 'report.step', report.step, 0);
  checkArgument(owner, 'report.episodes', report.episodes, Array);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // A circle or a bigint, which JSON cannot hold.
    return show(value);
  }
}

/** One call of MLflow's REST API. */
async function mlflow(uri: string, call: string, body: object): Promise<{ run?: { info?: { run_id?: string } } }> {
  // A connection that was kept open may be gone after some seconds of computing.
  const headers = { 'content-type': 'application/json', connection: 'close' };
  const url = `${uri.replace(/\/$/, '')}/api/2.0/mlflow/${call}`;
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }).catch((error) => {
    throw new Error(`logToMlflow: cannot reach ${uri}: ${error.cause?.message ?? error.message}`);
  });
  const text = await response.text();
  if (response.ok) return answerOf(text);
  const [said = ''] = text.split('\n');
  throw new Error(`logToMlflow: ${call}: ${uri} answers ${response.status} ${said.slice(0, 200)}`);
}

/** What a server answers; of one that speaks no JSON nothing. */
function answerOf(text: string): { run?: { info?: { run_id?: string } } } {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
