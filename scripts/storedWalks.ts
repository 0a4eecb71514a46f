/**
 * Trains the policies that the start page shows and stores how they walk meanwhile: `tsx scripts/storedWalks.ts [FILE]`, by default
 * `web/lab/storedWalks.json`.
 */
import stringify from 'json-stringify-pretty-compact';
import { Rng } from 'oxbow';
import { type CloningSettings, cloneTraining, evenly, measureWalks } from '../common/lake.ts';
import tuned from '../common/lakeSettings.json' with { type: 'json' };
import { writeWholeFile } from '../src/files.ts';
import { selectBackend, selectEngine } from '../src/index.ts';
import { usualSetting } from '../web/lab/setting.ts';
import type { WalkFrame, WalkReplay } from '../web/lab/walkReplay.ts';

/** Reports of a training after which its policy walks: at first, when most changes, more of them. */
const REPORTS = [1, 2, 3, 4, 6, 10, 18];
/** Walks of a frame, as many as the command line has; and those that are kept. */
const [EPISODES, KEPT] = [1000, 24];

/**
 * Trains the policies of the lab's usual setting as the lab does, and keeps how they walk before, meanwhile and after. Every frame
 * has the noise of the evaluation, so that its walks differ by what was learned alone, and the last one is the lab's last report.
 */
async function recordWalks(): Promise<WalkReplay> {
  const { env, seed, policies } = usualSetting;
  const recorded: WalkReplay['policies'][number][] = [];
  for (const policy of policies) {
    const rng = new Rng(seed);
    const settings = tuned.tuned.cloning[env][policy] as CloningSettings;
    const training = cloneTraining({
      env,
      policy,
      demonstrators: evenly,
      settings,
      episodes: 1000,
      batchSize: 256,
      rng,
    });
    const frame = (step: number): WalkFrame => {
      const {
        metrics: { drownRate, homeRate },
        walks,
      } = measureWalks({
        env,
        policy: training.policy,
        episodes: EPISODES,
        keep: KEPT,
        rng: new Rng(seed).split('evaluation'),
      });
      return { step, metrics: { drownRate, homeRate }, walks };
    };
    const frames = [frame(0)];
    let reports = 0;
    for await (const { step } of training.reports) {
      reports++;
      if (REPORTS.includes(reports)) frames.push(frame(step));
    }
    frames.push(frame(training.steps));
    recorded.push({ policy, steps: training.steps, frames });
    training.dispose();
  }
  return { env, seed, episodes: EPISODES, policies: recorded };
}

const path = process.argv[2] ?? 'web/lab/storedWalks.json';
await selectBackend('cpu');
await selectEngine('wasm');
writeWholeFile(path, `${stringify(await recordWalks(), { maxLength: 4000 })}\n`);
process.stdout.write(`${path}\n`);
