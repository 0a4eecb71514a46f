import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { builtinEnvs } from '../../../envs/builtinEnvs.ts';
import { make, RecordTrajectory, trajectoryPage } from '../../../envs/index.ts';
import { Rng } from '../../../src/random.ts';

const ours = Object.keys(builtinEnvs);

function record(id: string) {
  const env = new RecordTrajectory(make<never, never>(id), { frames: true });
  const rng = new Rng(1);
  env.reset({ seed: 3 });
  for (let t = 0; t < 40; t++) {
    const [, , terminated, truncated] = env.step(env.actionSpace.sample(rng) as never);
    if (terminated || truncated) break;
  }
  return env.trajectory;
}

describe.each(ours)('%s', (id) => {
  it('draws what changes, in finite numbers and in colours of the theme', () => {
    const { frames, rewards } = record(id);
    expect(frames).toHaveLength(rewards.length + 1);
    expect(new Set(frames).size).toBeGreaterThan(1);
    expect(frames.join()).not.toMatch(/NaN|Infinity|undefined/);
    for (const [, colour] of frames[0]!.matchAll(/(?:fill|stroke)="([^"]*)"/g))
      expect(colour).toMatch(/^none$|^var\(--/);
  });
});

describe('trajectoryPage', () => {
  const trajectory = record('Multigoal-v0');
  const dataOf = (page: string) => JSON.parse(/<script id="data"[^>]*>(.*?)<\/script>/s.exec(page)![1]!);

  it('holds every frame, what they share only once', () => {
    const page = trajectoryPage(trajectory, { title: 'Four <goals> & "one"', framesPerSecond: 7 });
    const { head, tail, middles, rewards, framesPerSecond, end } = dataOf(page);
    expect(middles.map((middle: string) => head + middle + tail)).toEqual(trajectory.frames);
    expect(Math.max(...middles.map((middle: string) => middle.length))).toBeLessThan(60);
    expect(rewards).toEqual(trajectory.rewards);
    expect(framesPerSecond).toBe(7);
    expect(end).toBe(trajectory.terminated ? 'terminated: goal' : 'truncated: timeout');
    expect(page).toContain('<h1>Four &lt;goals&gt; &amp; &quot;one&quot;</h1>');
    expect(page).not.toMatch(/(?:src|href)=/);
  });

  it('holds frames that are equal, or of which one is a part of another', () => {
    for (const frames of [
      ['aba', 'aba'],
      ['aa', 'aaa'],
      ['abcab', 'ab'],
      ['x', 'y'],
    ]) {
      const { head, tail, middles } = dataOf(trajectoryPage({ ...trajectory, frames, rewards: [1] }));
      expect(middles.map((middle: string) => head + middle + tail)).toEqual(frames);
    }
  });

  it('runs its own script and no other, and loads nothing', () => {
    const page = trajectoryPage(trajectory);
    const [, policy] = /^<meta http-equiv="Content-Security-Policy" content="([^"]*)">$/m.exec(page)!;
    const [, script] = /<script>(.*?)<\/script>/s.exec(page)!;
    const hash = createHash('sha256').update(script!).digest('base64');
    expect(policy).toContain("default-src 'none'; ");
    expect(policy).toContain(`script-src 'sha256-${hash}';`);
    expect(page.indexOf('Content-Security-Policy')).toBeLessThan(page.indexOf('<title>'));
  });
});
