/**
 * Stores what came of a run among the results: `npm run results:store -- RUN [NAME]`. Its report is written again, then the summary goes to
 * `docs/results/NAME`, by default the name of its experiment, the report too where one is stored already, and the fingerprint into the table
 * of `docs/experiments.md`. `npm run docs:tables` then writes the tables anew.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadExperiment } from '../cli/run/loadExperiment.ts';
import { RunDirectory } from '../cli/run/runDirectory.ts';
import { commandOf } from '../cli/terminal/commandLine.ts';
import { registry } from '../experiments/registry.ts';
import { writeWholeFile } from '../src/files.ts';
import { withFingerprint } from './withFingerprint.ts';

const [path, name] = process.argv.slice(2);
if (path === undefined) throw new Error('results:store: got no run directory, expected one: results:store RUN [NAME]');
const stored = (file: string) => readFileSync(join(path, file), 'utf8');

execFileSync(process.execPath, ['--import', 'tsx', 'experiments/cli.ts', 'report', resolve(path)], {
  stdio: 'inherit',
});
const { run } = RunDirectory.open(path);
const command = commandOf(await loadExperiment(registry, run.experiment, run.config), run.config);
if (command === undefined) throw new Error(`${path}: no command gives its settings, so nobody could make it again`);
const { fingerprint } = JSON.parse(stored('summary.json')) as { fingerprint?: string };
if (fingerprint === undefined) throw new Error(`${path}: not all of its jobs are finished; go on with it: ${command}`);

const write = (file: string, text: string) => {
  writeWholeFile(file, text);
  process.stdout.write(`${file}\n`);
};
const folder = `docs/results/${name ?? run.experiment}`;
mkdirSync(folder, { recursive: true });
write(`${folder}/summary.json`, stored('summary.json'));
if (existsSync(`${folder}/report.html`)) write(`${folder}/report.html`, stored('report.html'));
const page = 'docs/experiments.md';
write(page, withFingerprint(readFileSync(page, 'utf8'), { command, fingerprint }));
