/** Draws the picture of the ant at the lake in the docs: a walk of a demonstrator, on light and on dark. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lakeMap, loadEnv, make, RecordTrajectory, threeScript, trajectoryPage } from '../envs/index.ts';
import { shortestPathDirection } from '../envs/lake/demonstrations.ts';
import { startChromiumWithWebGl } from './chromium.ts';

/** How far from the shore it keeps, in units of the lake, and which share of the walk is over. */
const [MARGIN, MOMENT] = [0.3, 0.62];

await loadEnv('mujoco/AntLake-v0');
const env = new RecordTrajectory(make<Float32Array, Float32Array>('mujoco/AntLake-v0'), { frames: true });
let [at] = env.reset({ seed: 1 });
while (!env.trajectory.terminated) {
  const { x, y } = shortestPathDirection({ x: at[0]!, y: at[1]! }, lakeMap.lake.radius + MARGIN, 'lower');
  [at] = env.step(Float32Array.of(x, y));
}
const folder = mkdtempSync(join(tmpdir(), 'oxbow-ant-'));
const file = join(folder, 'ant.html');
writeFileSync(file, trajectoryPage(env.trajectory, { three: threeScript() }));
const moment = Math.round(MOMENT * env.trajectory.motion!.ends.at(-1)!);
env.close();
const browser = await startChromiumWithWebGl();
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({
      viewport: { width: 800, height: 900 },
      deviceScaleFactor: 1.5,
      colorScheme,
      reducedMotion: 'reduce',
    });
    await page.goto(`file://${file}`);
    const canvas = page.locator('#stage canvas');
    await canvas.waitFor();
    await page.fill('#scrub', String(moment));
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    const path = `docs/ant-at-the-lake-${colorScheme}.jpg`;
    await canvas.screenshot({ path, type: 'jpeg', quality: 82 });
    process.stdout.write(`${path}\n`);
    await page.close();
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
