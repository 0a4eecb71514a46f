import { expect, it } from 'vitest';
import { oxbow } from '../fixture/oxbow.ts';

it('shows the kernels of sampling and of a likelihood step', async () => {
  const { code, stdout, stderr } = await oxbow('inspect', 'gaussian', '--env', 'Lake-v0', '--batch', '3');
  expect([code, stderr]).toEqual([0, '']);
  const [sampling, step] = stdout.split('\n\n');
  expect(sampling).toMatch(/^gaussian: 3 sampled actions on wasm: \d+ kernels, [\d.]+ µs\n/);
  expect(step).toMatch(/^gaussian: a likelihood step on 3 on wasm: \d+ kernels, [\d.]+ µs\n/);
  for (const table of [sampling!, step!]) {
    const kernels = Number(/(\d+) kernels/.exec(table)![1]);
    expect(table.trimEnd().split('\n')).toHaveLength(kernels + 2);
    expect(table).toMatch(/MatMul 3×64×64$/m);
  }
});

it.each([
  [['inspect', 'gausian'], /unknown policy, .*did you mean gaussian\?/],
  [
    ['inspect', 'gaussian', '--env', 'Pendulum'],
    /^oxbow: --env: got Pendulum, expected one of .* \(did you mean Pendulum-v1\?\)/,
  ],
  [['inspect', 'gaussian', '--batch', '1.5'], /^oxbow: --batch: got 1\.5, expected an integer ≥ 1$/m],
  [['inspect'], /missing required argument 'policy'/],
])('%j is bad input', async (argv, line) => {
  const { code, stdout, stderr } = await oxbow(...argv);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(line);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});
