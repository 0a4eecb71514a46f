import { beforeEach, expect, it, vi } from 'vitest';

beforeEach(() => vi.resetModules());

it('refuses another version of MuJoCo in one line', async () => {
  vi.doMock('@mujoco/mujoco', () => ({ default: async () => ({ mj_version: () => 3015002 }) }));
  const { loadMujoco } = await import('../../../envs/mujoco/loadMujoco.ts');
  await expect(loadMujoco()).rejects.toThrow(/^mujoco: got MuJoCo 3\.15\.2, .*npm install/);
});

it('says what to install where the package is missing', async () => {
  vi.doMock('@mujoco/mujoco', () => {
    throw new Error('Cannot find package');
  });
  const { loadMujoco } = await import('../../../envs/mujoco/loadMujoco.ts');
  await expect(loadMujoco()).rejects.toThrow(/^mujoco: the package .* cannot be loaded: npm install/);
});

it('says in one line that a WebAssembly cannot be read', async () => {
  vi.doUnmock('@mujoco/mujoco');
  const { loadMujoco } = await import('../../../envs/mujoco/loadMujoco.ts');
  await expect(loadMujoco({ wasm: new Uint8Array([1, 2, 3]) })).rejects.toThrow(/^mujoco: [^\n]+$/);
  await loadMujoco();
});
