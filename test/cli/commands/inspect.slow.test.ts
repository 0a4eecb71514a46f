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
