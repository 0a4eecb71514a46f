import type { Env, Info } from '../../../envs/index.ts';

/** An episode of Gymnasium's, in native MuJoCo. */
export interface NativeEpisode {
  readonly state: { readonly qpos: readonly number[]; readonly qvel: readonly number[] };
  /** Left out where it is long. */
  readonly observation?: readonly number[];
  readonly info: Readonly<Record<string, unknown>>;
  readonly steps: readonly NativeStep[];
}

interface NativeStep {
  readonly action: readonly number[];
  readonly observation?: readonly number[];
  readonly reward: number;
  readonly terminated: boolean;
  readonly info: Readonly<Record<string, unknown>>;
}

/** How far ours is from it at the start, and after each step. */
export interface Difference {
  /** The largest of all numbers, relative to those above 1; infinite where lengths or names differ. */
  readonly size: number;
  /** What it is of: `observation 3`, `info.xVelocity`. */
  readonly of: string;
  readonly isSameEnd: boolean;
}

/** Plays a native episode from the same state by the same actions. */
export function replay(env: Env<Float64Array, Float32Array>, episode: NativeEpisode): Difference[] {
  const [observation, info] = env.reset({ seed: 0, options: { state: episode.state } });
  const start = { ...largest({ observation, info }, { ...episode, reward: undefined }), isSameEnd: true };
  return [
    start,
    ...episode.steps.map((native) => {
      const [observation, reward, terminated, truncated, info] = env.step(Float32Array.from(native.action));
      const isSameEnd = terminated === native.terminated && !truncated;
      return { ...largest({ observation, reward, info }, native), isSameEnd };
    }),
  ];
}

interface Told {
  readonly observation?: ArrayLike<number> | undefined;
  readonly reward?: number | undefined;
  readonly info: Info;
}

function largest(ours: Told, native: Told): Omit<Difference, 'isSameEnd'> {
  const [a, b] = [numbersOf(ours), numbersOf(native)];
  if (native.observation === undefined) for (const name of a.keys()) if (name.startsWith('observation')) a.delete(name);
  let worst = { size: 0, of: 'nothing' };
  for (const of of new Set([...a.keys(), ...b.keys()])) {
    const [x, y] = [a.get(of), b.get(of)];
    const size = x === undefined || y === undefined ? Infinity : Math.abs(x - y) / Math.max(1, Math.abs(y));
    // NaN counts.
    if (!(size <= worst.size)) worst = { size, of };
  }
  return worst;
}

/** All numbers, by what they are of; Gymnasium's names as ours. */
function numbersOf({ observation = [], reward, info }: Told): Map<string, number> {
  const found = new Map<string, number>();
  const add = (name: string, value: unknown): void => {
    if (typeof value === 'number') found.set(name, value);
    else for (const [i, x] of Array.from(value as ArrayLike<number>).entries()) found.set(`${name} ${i}`, x);
  };
  add('observation', observation);
  if (reward !== undefined) add('reward', reward);
  for (const [name, value] of Object.entries(info)) add(`info.${camelCase(name)}`, value);
  return found;
}

/** `x_position` is `xPosition`. */
export function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
