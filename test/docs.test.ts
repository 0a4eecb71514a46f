import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** The TypeScript blocks of a page. */
function blocks(page: string): string[] {
  return [...readFileSync(join(root, page), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1]!);
}

/** Runs a program inside the repository, with the package's names standing for its sources. */
function run(program: string): string {
  const directory = mkdtempSync(join(root, 'node_modules/.docs-'));
  const names: Record<string, string> = { oxbow: 'src', 'oxbow/agents': 'agents', 'oxbow/envs': 'envs' };
  const source = program.replace(/from '(oxbow[^']*)'/g, (_, name) => `from '${root}/${names[name]}/index.ts'`);
  try {
    writeFileSync(join(directory, 'program.mts'), source);
    return execFileSync(process.execPath, ['--import', 'tsx', join(directory, 'program.mts')], {
      cwd: directory,
      encoding: 'utf8',
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

describe('the programs in the docs run', () => {
  test('README: a flow policy in one’s own loop keeps both ways', () => {
    const [program] = blocks('README.md');
    const lines = program!.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(30);
    const measured = program!.replace(
      '.action.print()',
      '.action.data().then((a) => console.log("near both", [...a].filter((x) => x > 0.5).length, [...a].filter((x) => x < -0.5).length))',
    );
    const [, right, left] = /near both (\d+) (\d+)/.exec(run(measured))!.map(Number);
    expect(right).toBeGreaterThan(256 * 0.3);
    expect(left).toBeGreaterThan(256 * 0.3);
    expect(right! + left!).toBeGreaterThan(256 * 0.85);
  });

  test('policies.md: a policy of one’s own plugs into PPO', () => {
    const example = blocks('docs/policies.md').find((block) => block.includes('class LaplacePolicy'))!;
    const program = `
      ${example.replace('type Rng,', 'makePolicy, Rng,')}
      import { Ppo } from 'oxbow/agents';
      import { BaseEnv, Box, SyncVectorEnv } from 'oxbow/envs';
      class Still extends BaseEnv<Float32Array, Float32Array> {
        readonly observationSpace = new Box({ low: -1, high: 1, shape: [4] });
        readonly actionSpace = new Box({ low: -9, high: 9, shape: [2] });
        protected begin(): [Float32Array, object] { return [new Float32Array(4), {}]; }
        step(a: Float32Array): [Float32Array, number, boolean, boolean, object] {
          return [new Float32Array(4), -Math.abs(a[0]!) - Math.abs(a[1]!), true, false, {}];
        }
      }
      const env = new SyncVectorEnv([() => new Still(), () => new Still()], { autoresetMode: 'sameStep' });
      const spaces = { observationSpace: env.singleObservationSpace, actionSpace: env.singleActionSpace };
      const policy = makePolicy('laplace', { ...spaces, rng: new Rng(2) });
      const agent = new Ppo({ policy, env, rng: new Rng(0), horizon: 128, learningRate: 0.01 });
      const returns: number[] = [];
      for await (const { episodes } of agent.train({ steps: 2560, rng: new Rng(1) })) {
        returns.push(episodes.reduce((sum, episode) => sum + episode.return, 0) / episodes.length);
      }
      console.log('returns', returns[0], returns.at(-1));
    `;
    const [, first, last] = /returns (\S+) (\S+)/.exec(run(program))!.map(Number);
    expect(last).toBeGreaterThan(first! + 0.5);
  });
  test('policies.md: policies by name, saved and loaded', () => {
    const programs = blocks('docs/policies.md');
    expect(run(programs.find((block) => block.includes("bins: 8, squash: 'tanh'"))!)).toMatch(/^\d+\n$/);
    expect(run(programs.find((block) => block.includes('loadPolicy('))!)).toBe('spline -165 true\n');
  });
});
