import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type Ended, type OxbowProcess, startOxbow } from '../oxbowProcess.ts';
import { type FaultCase, type FaultContext, seen } from './faultCase.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Milliseconds from the first Ctrl-C to the second. */
const SECOND = 600;

/** Said by what hangs, before it does. */
const HANGS = 'now it hangs';

/** Signals to commands that compute or wait in one call, and do not come to listen. */
export async function stopping(context: FaultContext): Promise<void> {
  await hangingEnvironments(context);
  await largeNetwork(context);
  await wholeGroup(context);
}

/** An environment that never returns: it computes, or waits and uses no time. */
async function hangingEnvironments({ folder, short, record }: FaultContext): Promise<void> {
  const load = join(folder, 'hanging.mjs');
  writeFileSync(load, hangingModule());
  const train = [
    ...['train', 'Hanging-v0', '--agent', 'ppo', '--load', load, '--steps', '64', '--envs', '2', '--workers', '1'],
    ...['agent.horizon=32', 'policy.hidden=8', 'evaluationEpisodes=1'].flatMap((setting) => ['--set', setting]),
  ];
  const trained = join(folder, 'hanging');
  const whole = await startOxbow(folder, [...train, '--out', trained]).ended;
  if (whole.code !== 0) throw new Error(`the training that does not hang failed: ${whole.stderr}`);
  const commands = {
    train: [...train, '--out', join(folder, 'never')],
    collect: ['collect', 'Hanging-v0', '--load', load, '--episodes', '2'],
    eval: ['eval', trained, '--load', load],
  };
  const all = (['train', 'collect', 'eval'] as const).flatMap((command) =>
    (['reset', 'step'] as const).flatMap((where) =>
      (['computes', 'waits'] as const).flatMap((how) => SIGNALS.map((signal) => ({ command, where, how, signal }))),
    ),
  );
  // Of the short ones, each command, place, way and most signals once.
  const chosen = short ? [all[0]!, all.at(-2)!] : all;
  for (const { command, where, how, signal } of chosen) {
    // A folder whose lock has been left by a killed command is waited for.
    const out = command === 'collect' ? ['--out', join(folder, `collected-${where}-${how}-${signal}`)] : [];
    const run = startOxbow(folder, [...commands[command], ...out], { env: { HANG: `${where} ${how}` } });
    await said(run, HANGS);
    const fault = `hanging environment, ${command}, ${where} ${how}, ${signal}`;
    const problems = () => (existsSync(join(folder, 'never')) ? ['something was written'] : []);
    await end(run, { fault, signal, problems, record });
  }
  const run = startOxbow(folder, commands.eval, { env: { HANG: 'step computes' } });
  await said(run, HANGS);
  await end(run, { fault: 'hanging environment, eval, Ctrl-C twice', signal: 'SIGINT', twice: true, record });
}

/** Of a network that takes minutes to make. */
async function largeNetwork({ folder, short, record }: FaultContext): Promise<void> {
  for (const signal of short ? SIGNALS.slice(0, 1) : SIGNALS) {
    const train = ['train', 'Pendulum-v1', '--agent', 'ppo', '--set', 'policy.hidden=4000,4000'];
    const run = startOxbow(folder, [...train, '--out', join(folder, 'large')]);
    await delay(4000);
    await end(run, { fault: `network of 4000-4000, ${signal}`, signal, record });
  }
}

/** As a terminal's Ctrl-C reaches all processes of a command, while it works. */
async function wholeGroup({ folder, record }: FaultContext): Promise<void> {
  const out = join(folder, 'group');
  const train = ['train', 'Lake-v0', '--agent', 'ppo', '--steps', '30000000', '--out', out];
  const run = startOxbow(folder, train);
  while (run.running().workers.length === 0) await delay(50);
  await delay(500);
  const problems = () => (existsSync(join(out, 'summary.json')) ? [] : ['no summary']);
  await end(run, { fault: 'Ctrl-C to all processes', signal: 'SIGINT', group: true, problems, record });
}

interface Ending {
  readonly fault: string;
  readonly signal: NodeJS.Signals;
  readonly twice?: boolean;
  /** Whether the signal goes to all processes of the command. */
  readonly group?: boolean;
  /** Whether the command may have finished before the signal came. */
  readonly mayHaveEnded?: boolean;
  /** Looks for more of them when it has ended. */
  readonly problems?: () => readonly string[];
  readonly record: (one: FaultCase) => void;
}

/** Sends the signal, and records how the command ends. */
async function end(
  run: OxbowProcess,
  { fault, signal, twice = false, group = false, mayHaveEnded = false, problems = () => [], record }: Ending,
): Promise<void> {
  const sent = performance.now();
  const send = () => process.kill(group ? -run.process.pid! : run.process.pid!, signal);
  send();
  if (twice) {
    await delay(SECOND);
    send();
  }
  const ended = await endOf(run);
  const seconds = (ended.time - sent) / 1000;
  record({
    fault,
    ...seen(ended),
    lost: 0,
    problems: [
      ...problems(),
      ...(ended.code === 130 || (mayHaveEnded && ended.code === 0) ? [] : [`ended with ${ended.code ?? ended.signal}`]),
      ...(/^(oxbow: killed [^\n]*\n)?$/.test(ended.stderr) ? [] : [`said ${ended.stderr}`]),
    ],
    seconds,
  });
}

/** How it ends; what does not end is killed in the end. */
async function endOf(run: OxbowProcess): Promise<Ended> {
  const timer = setTimeout(() => {
    for (const pid of [...run.running().command, ...run.running().workers, run.process.pid!]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
  }, 10_000);
  const ended = await run.ended;
  clearTimeout(timer);
  return ended;
}

async function said(run: OxbowProcess, words: string): Promise<void> {
  while (!run.stdout().includes(words) && run.process.exitCode === null) await delay(20);
}

/** A module that registers an environment which hangs as `HANG` says: `reset computes`, `step waits`. */
function hangingModule(): string {
  const envs = pathToFileURL(resolve(import.meta.dirname, '../../dist/envs/index.js')).href;
  return `import { writeSync } from 'node:fs';
import { BaseEnv, Box, register } from '${envs}';
const [where, how] = (process.env.HANG ?? '').split(' ');
function hang() {
  writeSync(1, '${HANGS}\\n');
  if (how === 'waits') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  for (;;);
}
class Hanging extends BaseEnv {
  observationSpace = new Box({ low: -1, high: 1, shape: [1] });
  actionSpace = new Box({ low: -1, high: 1, shape: [1] });
  begin() {
    if (where === 'reset') hang();
    return [Float32Array.of(0), {}];
  }
  step() {
    if (where === 'step') hang();
    return [Float32Array.of(0), 0, false, false, {}];
  }
  state() { return { rng: this.rng.state() }; }
  setState() {}
}
register({ id: 'Hanging-v0', entryPoint: () => new Hanging(), maxEpisodeSteps: 8 });
`;
}
