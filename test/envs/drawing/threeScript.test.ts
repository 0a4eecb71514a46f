import { createHash } from 'node:crypto';
import { createContext, runInContext } from 'node:vm';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type orbit, poseAt, type sceneStage } from '../../../envs/drawing/sceneStage.ts';
import { threeScript } from '../../../envs/drawing/threeScript.ts';

type Stage = {
  poseAt: typeof poseAt;
  orbit: typeof orbit;
  sceneStage: (...rest: Parameters<typeof sceneStage> extends [unknown, ...infer Rest] ? Rest : never) => unknown;
};

test('the script has the hash that it says, and gives a page what it needs, without anything from elsewhere', () => {
  const { packed, hash } = threeScript();
  const text = gunzipSync(Buffer.from(packed, 'base64')).toString();
  expect(createHash('sha256').update(text).digest('base64')).toBe(hash);
  const page = createContext({ console, AbortController });
  const { oxbowStage } = runInContext(`${text}; globalThis`, page) as { oxbowStage: Stage };
  const poses = [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1];
  expect([...oxbowStage.poseAt(poses, 1, 0.25)]).toEqual([...poseAt(poses, 1, 0.25)]);
  const canvas = {
    getContext: () => null,
    addEventListener: () => undefined,
    style: {},
  } as unknown as HTMLCanvasElement;
  const scene = {
    solids: [],
    bodies: 1,
    interval: 1,
    view: 'side',
    followed: 1,
    height: 0,
    reach: 1,
    sight: 0,
  } as const;
  const colours = { paper: '#fff', line: '#eee', robot: '#000', other: '#888' };
  expect(() => oxbowStage.sceneStage(canvas, scene, colours)).toThrow('this browser has no WebGL');
  expect(
    oxbowStage.orbit(
      canvas,
      () => undefined,
      () => undefined,
    ),
  ).toBeTypeOf('function');
});
