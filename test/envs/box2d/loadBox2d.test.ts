import { beforeEach, expect, it, vi } from 'vitest';

beforeEach(() => vi.resetModules());

const { sin } = Math;

it('makes no env before the physics is loaded', async () => {
  const { LunarLanderEnv } = await import('../../../envs/box2d/lunarLanderEnv.ts');
  expect(() => new LunarLanderEnv()).toThrow(/^box2d: the physics is not loaded: await loadEnv\('box2d\/…'\) first$/);
});

it('says what to install where the package is missing, and leaves the functions of Math as they were', async () => {
  vi.doMock('planck', () => {
    expect(Math.sin).not.toBe(sin);
    throw new Error('Cannot find package');
  });
  const { loadBox2d } = await import('../../../envs/box2d/loadBox2d.ts');
  await expect(loadBox2d()).rejects.toThrow(/^box2d: the package planck cannot be loaded: npm install planck@1\.5\.0$/);
  expect(Math.sin).toBe(sin);
  vi.doUnmock('planck');
});

it('refuses a package that computes other digits', async () => {
  const planck = await vi.importActual<typeof import('planck')>('planck');
  class Heavier extends planck.World {
    constructor() {
      super({ gravity: { x: 0, y: -10 * (1 + 2 ** -52) } });
    }
  }
  vi.doMock('planck', () => ({ ...planck, World: Heavier }));
  const { loadBox2d } = await import('../../../envs/box2d/loadBox2d.ts');
  await expect(loadBox2d()).rejects.toThrow(/^box2d: planck computes other digits than expected: npm install planck@/);
  vi.doUnmock('planck');
});
