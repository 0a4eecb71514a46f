/** Trains what the lab opens with, and writes `web/lab/replay.json`, or the file that is named. */
import { writeFileSync } from 'node:fs';
import { type Demonstrators, evenly, type Walk } from '../common/lake.ts';
import { collectDemonstrations, type Demonstrations } from '../envs/index.ts';
import { lakeGrains } from '../envs/lake/lakeGrains.ts';
import { start, walk } from '../envs/lake/lakeMap.ts';
import { Rng, selectBackend, selectEngine } from '../src/index.ts';
import { DEMONSTRATIONS, LabPolicy, labTraining } from '../web/lab/labPolicy.ts';
import { type Setting, usualSetting } from '../web/lab/setting.ts';
import type { Replay, ReplayFrame, ReplaySide } from '../web/lab/story.ts';
import { directionDensity } from './directionDensity.ts';

/** Reports that are kept, of thirty: a policy learns most at first. */
const KEPT = [1, 2, 3, 4, 6, 8, 11, 15, 20, 25];
/** Walks that are measured, drawn, and drawn at the end, from which the game is played. */
const [WALKS, DRAWN, LAST_DRAWN] = [1000, 20, 100];

/** What the lab opens with, from the trainings of the usual setting. */
async function makeReplay(): Promise<Replay> {
  await selectBackend();
  await selectEngine('wasm');
  const { seed, policies } = usualSetting;
  const sides = async (demonstrators: Demonstrators, only?: 'last') => {
    const made: ReplaySide[] = [];
    for (const policy of policies) made.push(await replaySide(policy, demonstrators, only));
    return made;
  };
  const demonstrations = collectDemonstrations({
    envId: usualSetting.env,
    episodes: DEMONSTRATIONS,
    ...evenly,
    rng: new Rng(seed).split('demonstrations'),
  });
  return {
    seed,
    demonstrations: DEMONSTRATIONS,
    demonstrators: { upper: shown(demonstrations, 'upper'), lower: shown(demonstrations, 'lower') },
    divided: await sides(evenly),
    agreed: await sides({ ...evenly, upperShare: 1 }, 'last'),
  };
}

/** One training of the usual setting. */
async function replaySide(
  policy: Setting['policies'][number],
  demonstrators: Demonstrators,
  only?: 'last',
): Promise<ReplaySide> {
  const { env, seed } = usualSetting;
  const { policy: trained, steps, reports, dispose } = labTraining(policy, usualSetting, demonstrators);
  const lab = new LabPolicy(trained);
  const rng = new Rng(seed);
  const frame = (step: number, drawn: number, stream: string): ReplayFrame => {
    const { metrics, walks } = lab.walk({ env, blocked: 'none' }, WALKS, drawn, rng.split(stream));
    const density = lab.density(start.x, start.y).density.map((value) => Number(value.toPrecision(3)));
    return { step, metrics: rounded(metrics), walks: walks.map(short), density };
  };
  const frames: ReplayFrame[] = only === 'last' ? [] : [frame(0, DRAWN, 'lab/0')];
  let report = 0;
  for await (const { step } of reports) {
    report += 1;
    if (only !== 'last' && KEPT.includes(report)) frames.push(frame(step, DRAWN, `lab/${step}`));
  }
  frames.push(frame(steps, only === 'last' ? DRAWN : LAST_DRAWN, 'evaluation'));
  const behind = (blocked: 'upper' | 'lower') =>
    rounded(lab.walk({ env, blocked }, WALKS, 0, rng.split('evaluation')).metrics);
  const side = { policy, steps, frames, blocked: { upper: behind('upper'), lower: behind('lower') } };
  dispose();
  return side;
}

/** Numbers of 1,000 walks, without what only rounding put there. */
function rounded<T extends object>(metrics: T): T {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [
      name,
      typeof value === 'number' ? Number(value.toFixed(4)) : value,
    ]),
  ) as T;
}

function short({ outcome, bank, positions }: Walk): Walk {
  return { outcome, bank, positions: positions.map((value) => Number(value.toFixed(2))) };
}

/** The demonstrators of a bank. */
function shown({ observations, actions, episodes }: Demonstrations, bank: 'upper' | 'lower') {
  const { stride } = lakeGrains[usualSetting.env];
  const of = episodes.filter((episode) => episode.bank === bank);
  const first = of.flatMap(({ offset }) => [actions[2 * offset]!, actions[2 * offset + 1]!]);
  const walks = of.slice(0, DRAWN).map(({ offset, length }): Walk => {
    const positions = [...observations.slice(2 * offset, 2 * (offset + length))];
    const last = offset + length - 1;
    const speed = Math.max(1, Math.hypot(actions[2 * last]!, actions[2 * last + 1]!));
    const [dx, dy] = [actions[2 * last]!, actions[2 * last + 1]!].map((value) => (stride * value) / speed);
    const { position } = walk({ x: observations[2 * last]!, y: observations[2 * last + 1]! }, dx!, dy!);
    return short({ outcome: 'home', bank, positions: [...positions, position.x, position.y] });
  });
  return { count: of.length, walks, density: directionDensity(first).map((value) => Number(value.toPrecision(3))) };
}

const path = process.argv[2] ?? 'web/lab/replay.json';
writeFileSync(path, `${JSON.stringify(await makeReplay())}\n`);
process.stdout.write(`${path}\n`);
