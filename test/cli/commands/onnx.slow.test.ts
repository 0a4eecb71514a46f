import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { evaluate } from '../../../agents/index.ts';
import { openDataset } from '../../../datasets/index.ts';
import { make } from '../../../envs/index.ts';
import { makePolicy, policyFromOnnx, Rng, savePolicy } from '../../../src/index.ts';
import { modelBytes } from '../../support/onnxModel.ts';
import { temporaryFolder } from '../fixture/files.ts';
import { jobsHere } from '../fixture/jobsHere.ts';
import { oxbow, refusal } from '../fixture/oxbow.ts';

const folder = temporaryFolder('onnx');
const at = (name: string) => join(folder, name);
const file = at('swing.onnx');
const options = { squash: 'rescale' as const, normalize: { mean: [0.1, 0, 0], var: [1, 0.5, 4] } };

beforeAll(() => {
  // Pushes against the angular velocity and the side.
  writeFileSync(
    file,
    modelBytes({
      nodes: [
        { op: 'MatMul', inputs: ['obs', 'w'], outputs: ['x'] },
        { op: 'Tanh', inputs: ['x'], outputs: ['actions'] },
      ],
      inputs: { obs: { shape: ['batch', 3] } },
      outputs: ['actions'],
      initializers: { w: { shape: [3, 1], data: [0, -1, -0.5] } },
    }),
  );
  writeFileSync(at('options.json'), JSON.stringify(options));
});

test('oxbow eval plays episodes of an ONNX file, as evaluate does, and of a saved policy', async () => {
  jobsHere();
  const about = ['--env', 'Pendulum-v1', '--episodes', '3', '--json', at('returns.json')];
  const evaluated = await oxbow('eval', file, ...about, '--onnx', at('options.json'));
  expect([evaluated.code, evaluated.stderr]).toEqual([0, '']);
  expect(evaluated.stdout).toMatch(/^3 episodes, sampled actions\n/);
  const [result] = JSON.parse(readFileSync(at('returns.json'), 'utf8'));
  expect(result).toMatchObject({ job: file, seed: null, policy: 'swing.onnx', env: 'Pendulum-v1', step: null });
  const policy = policyFromOnnx(file, { env: make('Pendulum-v1'), ...options });
  const { episodes } = evaluate({ policy, env: 'Pendulum-v1', episodes: 3, rng: new Rng(0).split('eval') });
  expect(result.returns).toEqual(episodes.map((episode) => episode.return));

  savePolicy(at('policy.json'), makePolicy('gaussian', { env: make('Pendulum-v1'), hidden: [4], rng: new Rng(0) }));
  expect((await oxbow('eval', at('policy.json'), ...about)).code).toBe(0);
});

test('oxbow collect takes one as --policy, and the dataset says which', async () => {
  const out = at('dataset');
  const collected = await oxbow(
    ...['collect', 'Pendulum-v1', '--episodes', '2', '--policy', file, '--onnx', at('options.json'), '--out', out],
  );
  expect([collected.code, collected.stderr]).toEqual([0, '']);
  const { policies } = (await openDataset(out)).about as unknown as { policies: object[] };
  expect(policies).toMatchObject([{ name: 'onnx', file, options, episodes: 2 }]);
});

test('oxbow export takes one with the options that say what it is', async () => {
  const out = at('again.onnx');
  const argv = ['export', file, '--env', 'Pendulum-v1', '--greedy', '--onnx', out];
  expect((await oxbow(...argv, '--onnx-options', at('options.json'))).stdout).toBe(`Written: ${out}\n`);
  const [first, again] = [policyFromOnnx(file, { env: make('Pendulum-v1'), ...options }), policyFromOnnx(out)];
  expect(again.act([1, 0.2, 0.3])).toEqual(first.act([1, 0.2, 0.3]));
  // The page itself needs what the build writes: without it that is what is missing.
  const page = await oxbow('export', file, '--env', 'Pendulum-v1', '--html', at('page.html'));
  expect(page.stderr).toMatch(/^(oxbow: --html: [^\n]* is missing: npm run build\n)?$/);
  expect(await refusal('export', file, '--html', at('page.html'))).toBe(
    `oxbow: --env: got none for ${file}, expected the environment to act in\n`,
  );
  const other = ['export', file, '--env', 'CartPole-v1', '--html', at('none.html')];
  expect(await refusal(...other)).toContain('oxbow: export: policyFromOnnx: ');
  expect(await refusal('export', at('policy.json'), '--onnx', out, '--onnx-options', at('options.json'))).toContain(
    '--onnx-options: got it for ',
  );
});

test('bad input is one line', async () => {
  expect(await refusal('eval', file)).toBe(`oxbow: --env: got none for ${file}, expected the environment to act in\n`);
  expect(await refusal('eval', file, '--env', 'CartPole-v1')).toContain(
    `swing.onnx: input 'obs': got shape [1,4], expected [batch,3]`,
  );
  writeFileSync(at('wrong.json'), '{"squash": "clip"}');
  expect(await refusal('eval', file, '--env', 'Pendulum-v1', '--onnx', at('wrong.json'))).toContain(
    'eval: policyFromOnnx: squash: got "clip"',
  );
  for (const [text, problem] of [
    ['[]', 'holds [], expected an object'],
    ['{"env": 5}', 'has env, expected none: the environment has the spaces'],
  ] as const) {
    writeFileSync(at('wrong.json'), text);
    expect(await refusal('eval', file, '--env', 'Pendulum-v1', '--onnx', at('wrong.json'))).toBe(
      `oxbow: --onnx: ${at('wrong.json')} ${problem}\n`,
    );
  }
  expect(await refusal('eval', at('policy.json'), '--env', 'Pendulum-v1', '--onnx', at('options.json'))).toBe(
    `oxbow: --onnx: got it for ${at('policy.json')}, expected a file .onnx\n`,
  );
  const random = ['collect', 'Pendulum-v1', '--episodes', '1', '--onnx', at('options.json'), '--out', at('none')];
  expect(await refusal(...random)).toContain('expected a file .onnx beside it');
  writeFileSync(at('damaged.onnx'), readFileSync(file).subarray(0, 60));
  const damaged = ['collect', 'Pendulum-v1', '--episodes', '1', '--policy', at('damaged.onnx'), '--out', at('none')];
  expect(await refusal(...damaged)).toMatch(/^oxbow: --policy: policyFromOnnx: [^\n]*damaged\.onnx: [^\n]*\n$/);
});
