import { collectingEnv } from '../../agents/core/episodes.ts';
import { MOST_ENVS } from '../../agents/core/evaluate.ts';
import { openDataset } from '../../datasets/index.ts';
import { makeVec } from '../../envs/index.ts';
import { Policy, selectBackend, selectEngine } from '../../src/index.ts';
import { makeFolder } from '../experiment/checkedJson.ts';
import { InputError, orInputError } from '../experiment/errors.ts';
import { firstLine, shellWord } from '../experiment/text.ts';
import { EXIT, storageErrorOf, version } from '../run/environment.ts';
import { lockFolder, lostLock } from '../run/lock.ts';
import { formatDuration } from '../run/progress.ts';
import { interruptible } from '../run/signals.ts';
import { withoutOption } from '../terminal/commandLine.ts';
import { allowedOptions, programOf } from '../train/allowedCode.ts';
import { summaryText } from '../train/datasetSummary.ts';
import { checkEnvOptions, loadModules, loadNamedEnv } from '../train/loadNamedEnv.ts';
import { type ActingPolicy, actingPolicies, isOnnx } from './actingPolicies.ts';
import { type Collected, collectDataset } from './collectDataset.ts';
import { type ActingFlags, actingWays } from './eval.ts';
import type { CommandContext } from './options.ts';
import { integerOption, numberOption, type Texts } from './run.ts';
import { optionsOf } from './train.ts';

interface CollectFlags
  extends Required<Texts<'episodes' | 'noise' | 'seed' | 'out'>>,
    Texts<'shares' | 'envs' | 'infos' | 'onnx'>,
    ActingFlags {
  readonly policy: readonly string[];
  readonly set: readonly string[];
  readonly load: readonly string[];
}

/** Milliseconds between two lines of progress. */
const LINE_INTERVAL = 5000;

/** `oxbow collect <env>`: plays episodes of policies into a dataset. */
export async function collect({ registry, argv }: CommandContext, id: string, flags: CollectFlags): Promise<number> {
  const episodes = integerOption('--episodes', flags.episodes, 1);
  const seed = integerOption('--seed', flags.seed, 0);
  const noise = numberOption('--noise', flags.noise, 'a number ≥ 0', (n) => Number.isFinite(n) && n >= 0);
  const [way, ...others] = actingWays(flags);
  if (others.length > 0) throw new InputError(`--acting: got ${1 + others.length} ways to act, expected one`);
  const envs = integerOption('--envs', flags.envs ?? String(MOST_ENVS), 1);
  const names = flags.policy.length === 0 ? ['random'] : flags.policy;
  const shares = sharesOf(flags.shares, names);
  const infos = flags.infos?.split(',').map((name) => name.trim()) ?? [];
  if (infos.includes('')) throw new InputError(`--infos: got ${flags.infos}, expected names with a comma between them`);
  const wrong = flags.set.find((assignment) => !/^(env|demonstrators)\.[^=]+=/.test(assignment));
  if (wrong !== undefined) {
    throw new InputError(`--set: got ${wrong}, expected env.key=value or demonstrators.key=value`);
  }
  const demonstrators = optionsOf('demonstrators', flags.set);
  if (Object.keys(demonstrators).length > 0 && !names.includes('demonstrators')) {
    throw new InputError('--set: got options of demonstrators, expected --policy demonstrators beside them');
  }
  if (flags.onnx !== undefined && !names.some(isOnnx)) {
    throw new InputError(`--onnx: got ${flags.onnx}, expected a file .onnx beside it: --policy actor.onnx`);
  }
  const load = await loadModules(flags.load);
  await loadNamedEnv('collect', id);
  const options = optionsOf('env', flags.set);
  checkEnvOptions('--set env', id, options);
  // The command line names the environment, and so the Python that those of Gymnasium run in.
  const allowed = { load, python: programOf(id, options), envs: [id] };
  await selectBackend();
  await selectEngine();
  const numEnvs = Math.min(envs, episodes);
  const env = await orInputError(() =>
    makeVec(id, { ...allowedOptions(id, options, allowed), numEnvs, autoresetMode: 'sameStep' }),
  );
  const policies: ActingPolicy[] = [];
  try {
    const files = { vectorEnv: env, onnx: flags.onnx };
    const acting = { registry, allowed, env: id, envOptions: options, demonstrators, files };
    const named: (readonly ActingPolicy[])[] = [];
    for (const name of names) {
      named.push(await actingPolicies('--policy', name, acting));
      policies.push(...named.at(-1)!);
    }
    const counts = countsOf(
      named.flatMap((group, i) => group.map(() => shares[i]! / group.length)),
      episodes,
    );
    const { python: _, ...kept } = options;
    const isUsual = way.temperature === 1 && way.hold === 1 && way.candidates === 32 && way.rule !== 'densest';
    const drawn = { seed, greedy: way.rule === 'mode', ...(!isUsual && { acting: way }), noise };
    // Where a dataset lies is no part of what it is.
    const command = ['oxbow', ...withoutOption(argv, '--out')].map(shellWord).join(' ');
    const settings = {
      ...{ environment: { id, options: kept }, policies, counts, infos, ...drawn },
      provenance: { command, oxbow: version(), ...drawn, envs: numEnvs },
    };
    // Before there is a folder.
    await orInputError(() => {
      for (const { policy } of policies) {
        collectingEnv(policy, env, noise);
        if (policy instanceof Policy) policy.checkActing('collect', way);
      }
    });
    return await interruptible(async (signal) => {
      const taken = new AbortController();
      const lock = await orInputError(() => {
        makeFolder(flags.out);
        return lockFolder(flags.out, () => taken.abort());
      }, `--out: cannot write into ${flags.out}: `);
      try {
        const stopping = { signal: AbortSignal.any([signal, taken.signal]), onProgress: sayProgress(episodes) };
        const collected = await collectDataset(flags.out, env, settings, stopping);
        if (!lock.holds) throw lostLock();
        return await ended(flags.out, episodes, collected);
      } catch (error) {
        const full = lock.holds ? storageErrorOf(error) : lostLock();
        if (full === undefined) throw new InputError(firstLine((error as Error).message));
        process.stderr.write(
          `oxbow: --out: cannot write into ${flags.out}: ${firstLine(full.message)}. What is there is whole, and the same command goes on.\n`,
        );
        return EXIT.failed;
      } finally {
        lock.release();
      }
    });
  } finally {
    env.close();
    for (const { policy } of policies) if (policy instanceof Policy) policy.dispose();
  }
}

async function ended(
  out: string,
  planned: number,
  { episodes, hash, missing }: Awaited<ReturnType<typeof collectDataset>>,
): Promise<number> {
  if (hash === null) {
    process.stderr.write(
      `Stopped: ${episodes} of ${planned} episodes are in ${out}, whole. The same command goes on; ` +
        `oxbow dataset finish ${out} keeps what is there.\n`,
    );
    return EXIT.interrupted;
  }
  process.stdout.write(`${summaryText(await openDataset(out))}\n`);
  if (missing.length > 0) process.stderr.write(`--infos: no step had a number of ${missing.join(', ')}: all are NaN\n`);
  return EXIT.ok;
}

/** Says now and then how far it is. */
function sayProgress(planned: number): (collected: Collected) => void {
  let begun: { readonly time: number; readonly episodes: number } | undefined;
  let last = performance.now();
  return ({ episodes, steps }) => {
    const now = performance.now();
    if (begun === undefined) {
      begun = { time: now, episodes };
      if (episodes > 0) process.stderr.write(`goes on after ${episodes} of ${planned} episodes\n`);
    }
    if (now - last < LINE_INTERVAL) return;
    last = now;
    const done = episodes - begun.episodes;
    const left = ((now - begun.time) / 1000 / done) * (planned - episodes);
    const rest = done > 0 ? `, ${formatDuration(left)} left` : '';
    process.stderr.write(`${episodes} of ${planned} episodes, ${steps.toLocaleString('en-GB')} steps${rest}\n`);
  };
}

/** How many of `total` each one gets; the largest rests are rounded up. */
function countsOf(shares: readonly number[], total: number): number[] {
  const sum = shares.reduce((a, b) => a + b, 0);
  const exact = shares.map((share) => (share / sum) * total);
  const counts = exact.map(Math.floor);
  const order = exact.map((value, i) => ({ i, rest: value - counts[i]! })).sort((a, b) => b.rest - a.rest || a.i - b.i);
  const missing = total - counts.reduce((a, b) => a + b, 0);
  for (const { i } of order.slice(0, missing)) counts[i]! += 1;
  return counts;
}

function sharesOf(list: string | undefined, names: readonly string[]): number[] {
  if (list === undefined) return names.map(() => 1);
  const shares = list.split(',').map((text) => (text.trim() === '' ? Number.NaN : Number(text)));
  if (shares.length !== names.length || !shares.every((share) => Number.isFinite(share) && share > 0)) {
    throw new InputError(
      `--shares: got ${list}, expected a number > 0 for each of the ${names.length} --policy options`,
    );
  }
  return shares;
}
