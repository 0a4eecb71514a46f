import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeCheckedJson } from '../../cli/experiment/checkedJson.ts';
import { fingerprint, makePolicy, policyToJson, Rng } from '../../src/index.ts';
import { startOxbow } from '../oxbowProcess.ts';
import { type FaultContext, seen } from './faultCase.ts';

/** Milliseconds in which each command ends, and characters that it may say. */
const [PATIENCE, LONGEST_LINE] = [60_000, 4000];

/** What a command must end with. */
interface Expected {
  readonly code: number;
  /** Whether code of others runs: it has been named. */
  readonly runs?: boolean;
  /** What its one line of an error says. */
  readonly says?: string;
}

/**
 * Files that others may have written, with right checksums: a run directory whose settings name a module, a Python and names that lead
 * out of it, and a policy that asks for gigabytes. Each command is a process of its own, in which nothing has been imported yet.
 */
export async function forgedFiles({ folder: parent, short, record }: FaultContext): Promise<void> {
  const folder = join(parent, 'forged');
  mkdirSync(folder);
  const [canary, module, python] = ['canary', 'theirs.mjs', 'their-python'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(module, `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(canary)}, '');\n`);
  writeFileSync(python, `#!/bin/sh\ntouch '${canary}'\n`);
  chmodSync(python, 0o755);

  const tried = new Set<string>();
  const attempt = async (fault: string, argv: readonly string[], { code, runs = false, says }: Expected) => {
    if (short && tried.has(fault)) return;
    tried.add(fault);
    rmSync(canary, { force: true });
    const began = performance.now();
    const ended = await startOxbow(folder, argv).ended;
    const problems: string[] = [];
    if (ended.time - began > PATIENCE) problems.push(`took ${Math.round(ended.time - began)} ms`);
    if (ended.stderr.length > LONGEST_LINE) problems.push(`said ${ended.stderr.length} characters`);
    if (existsSync(canary) !== runs) problems.push(runs ? 'did not run what was named' : 'ran code of others');
    if (ended.code !== code) problems.push(`ended with ${ended.code}: ${ended.stderr}`);
    const isLine = says === undefined ? ended.stderr === '' : /^oxbow: \P{Cc}*\n$/u.test(ended.stderr);
    if (!isLine || !ended.stderr.includes(says ?? '')) problems.push(`said ${JSON.stringify(ended.stderr)}`);
    record({ fault: `forged files, ${fault}: oxbow ${argv[0]}`, ...seen(ended), lost: 0, problems });
  };

  const run = join(folder, 'run');
  const settings = ['agent.horizon=64', 'policy.hidden=8', 'evaluationEpisodes=2', 'env.maxEpisodeSteps=20'];
  const train = ['train', 'Pendulum-v1', '--agent', 'ppo', '--steps', '128', '--workers', '1', '--load', module];
  const argv = [...train, ...settings.flatMap((one) => ['--set', one]), '--out', run];
  await attempt('a module that the command line names', argv, { code: 0, runs: true });
  const names = 'a module that settings name';
  for (const command of [
    ['report'],
    ['eval', '--episodes', '1'],
    ['figure', 'learning-curves', join(folder, 'curves')],
  ]) {
    await attempt(names, [command[0]!, run, ...command.slice(1)], { code: 0 });
  }
  await attempt(names, ['list', 'policies'], { code: 0 });
  for (const command of ['verify', 'resume'])
    await attempt(names, [command, run], { code: 2, says: `--load ${module}` });
  await attempt('a module that the command line names', ['verify', run, '--load', module], { code: 0, runs: true });
  await attempt('a module that the command line names', argv, { code: 0, runs: true });

  /** The run with other settings, and without its jobs. */
  const forged = (name: string, change: object): string => {
    const out = join(folder, name);
    mkdirSync(join(out, 'jobs'), { recursive: true });
    const { sha256: _, ...about } = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));
    writeCheckedJson(join(out, 'config.json'), { ...about, config: { ...about.config, load: [], ...change } });
    return out;
  };
  const box = (size: number) => ({ low: Array(size).fill(-8), high: Array(size).fill(8), shape: [size] });
  const task = { observationSpace: box(3), actionSpace: box(1), rng: new Rng(0) };
  const text = policyToJson(makePolicy('gaussian', { ...task, hidden: [4] }));
  const addPolicy = (out: string, env: string, content = text) => {
    const job = join(out, 'jobs', 'ppo', env, 'gaussian', 'seed-0');
    mkdirSync(job, { recursive: true });
    writeFileSync(join(job, 'policy.json'), content);
  };

  const theirs = forged('python', { environments: ['gymnasium:Pendulum-v1'], env: { python } });
  addPolicy(theirs, 'gymnasium-Pendulum-v1');
  for (const command of ['eval', 'verify', 'resume']) {
    await attempt('a Python that settings name', [command, theirs], { code: 2, says: `--python ${python}` });
  }
  await attempt('a Python that settings name', ['report', theirs], { code: 0 });

  const outside = forged('outside', { environments: ['../../../../\u001b[31moutside'] });
  for (const command of ['report', 'eval', 'verify', 'resume']) {
    await attempt('names that lead out of the folder', [command, outside], { code: 2, says: '' });
  }
  if (existsSync(join(parent, 'outside'))) throw new Error('a command has written beside its directory');

  const { format, version, sha256: _, ...content } = JSON.parse(text);
  content.policy.options.hidden = [4000, 4000];
  const wide = forged('wide', {});
  addPolicy(wide, 'Pendulum-v1', JSON.stringify({ format, version, sha256: fingerprint(content), ...content }));
  await attempt('a policy of 4,000 by 4,000 in two kilobytes', ['eval', wide], {
    code: 2,
    says: 'policy.json does not fit',
  });
  addPolicy(wide, 'Pendulum-v1', '['.repeat(1_000_000));
  await attempt('JSON of a million levels', ['eval', wide], { code: 2, says: 'nested deeper than 500 levels' });

  const long = 'q'.repeat(20_000);
  const misspelt = 'names and values of 20,000 letters';
  for (const activation of [long, Array(1600).fill(64), { toString: 1 }]) {
    const { format, version, sha256: _, ...content } = JSON.parse(text);
    content.policy.options.activation = activation;
    const file = JSON.stringify({ format, version, sha256: fingerprint(content), ...content });
    addPolicy(wide, 'Pendulum-v1', file);
    await attempt(misspelt, ['eval', wide], { code: 2, says: 'activation: got ' });
  }
  for (const command of ['report', 'eval', 'verify', 'resume', 'collect']) {
    const key = forged(`key-${command}`, { [long]: 1 });
    const argv = command === 'collect' ? [command, key, '--out', join(folder, 'collected')] : [command, key];
    await attempt(misspelt, argv, { code: 2, says: '' });
  }

  const loads = [['a module that throws null', 'throw null;', 'throws null']] as const;
  for (const [i, [fault, source, says]] of loads.entries()) {
    const file = join(folder, `module-${i}.mjs`);
    writeFileSync(file, source);
    await attempt(fault, ['list', '--load', file], { code: 2, says });
  }
}
