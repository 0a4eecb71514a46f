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
  const none = () => undefined;
  const canvas = { getContext: () => null, addEventListener: none, style: {} } as unknown as HTMLCanvasElement;
  const sizes = { bodies: 1, interval: 1, followed: 1, height: 0, reach: 1, sight: 0 };
  const scene = { ...sizes, solids: [], view: 'side' } as const;
  const colours = { paper: '#fff', line: '#eee', robot: '#000', other: '#888' };
  expect(() => oxbowStage.sceneStage(canvas, scene, colours)).toThrow('this browser has no WebGL');
  expect(oxbowStage.orbit(canvas, none, none)).toBeTypeOf('function');
});

const [half, eighth] = [Math.SQRT1_2, Math.PI / 8];
/** One body: it goes 1 m and turns a quarter about z; then it stands, by the other quaternion of the same rotation. */
const poses = [
  [0, 2, 0, 1, 0, 0, 0],
  [1, 2, 0, half, 0, 0, half],
  [1, 2, 0, -half, 0, 0, -half],
].flat();
const near = (numbers: readonly number[]) => numbers.map((x) => expect.closeTo(x, 12));

test('the poses themselves, and before and after them those at the ends', () => {
  expect([...poseAt(poses, 1, 1)]).toEqual(poses.slice(7, 14));
  expect([...poseAt(poses, 1, -3)]).toEqual(poses.slice(0, 7));
  expect([...poseAt(poses, 1, 9)]).toEqual(poses.slice(14));
  expect([...poseAt(poses.slice(0, 7), 1, 0.5)]).toEqual(poses.slice(0, 7));
});

test('between two poses half of the way and half of the turn, by the nearer of the two quaternions of a rotation', () => {
  expect([...poseAt(poses, 1, 0.5)]).toEqual(near([0.5, 2, 0, Math.cos(eighth), 0, 0, Math.sin(eighth)]));
  expect([...poseAt(poses, 1, 1.3)]).toEqual(near([1, 2, 0, half, 0, 0, half]));
  const opposite = [...poses.slice(0, 10), -half, 0, 0, -half];
  expect([...poseAt(opposite, 1, 0.5)]).toEqual(near([0.5, 2, 0, Math.cos(eighth), 0, 0, Math.sin(eighth)]));
});
