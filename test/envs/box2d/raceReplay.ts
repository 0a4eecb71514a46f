import { gunzipSync } from 'node:zlib';
import { CarRacingEnv } from '../../../envs/box2d/carRacingEnv.ts';
import { clamp } from '../../../src/spaces/box.ts';
import { tape } from './replay.ts';

/** A race of Gymnasium's, as `e2e/box2d/races.py` writes it. */
export interface GymnasiumRace {
  readonly options: Readonly<Record<string, unknown>>;
  readonly kind: string;
  /** What was drawn for it, as parts of the way from the lower to the upper bound. */
  readonly draws: readonly number[];
  readonly tiles: number;
  /** Every tenth point. */
  readonly road: readonly (readonly [beta: number, x: number, y: number])[];
  readonly kerbs: number;
  readonly actions: readonly (number | readonly number[])[];
  /** Rewards until a step, tiles visited until then, and the numbers of {@link stateParts}. */
  readonly seen: readonly (readonly [step: number, total: number, visited: number, ...state: number[]])[];
  /** Null where the race has not ended. */
  readonly lapFinished: boolean | null;
  /** The bytes of the pictures of some steps, compressed. */
  readonly pictures: Readonly<Record<string, string>>;
}

/** The parts of a state, and how many numbers each has. */
export const stateParts = { place: 2, angle: 1, velocity: 2, turn: 1, wheels: 4, steering: 2 } as const;
type StatePart = keyof typeof stateParts;

/** A race whose inside shows. */
export class OpenRace extends CarRacingEnv {
  get shown() {
    return this.race!;
  }

  /** The numbers of {@link stateParts}. */
  numbers(): number[] {
    const { hull, wheels } = this.shown.car;
    const [{ x, y }, velocity] = [hull.getPosition(), hull.getLinearVelocity()];
    const speeds = wheels.map(({ omega }) => omega);
    const steering = wheels.slice(0, 2).map(({ joint }) => joint.getJointAngle());
    return [x, y, hull.getAngle(), velocity.x, velocity.y, hull.getAngularVelocity(), ...speeds, ...steering];
  }

  /** Steers to a point of the road ahead, at a speed. */
  pursue(speed: number): Float32Array {
    const { car, track } = this.shown;
    const { x, y } = car.hull.getPosition();
    const distances = track.points.map((point) => (point.x - x) ** 2 + (point.y - y) ** 2);
    const nearest = distances.indexOf(Math.min(...distances));
    const target = track.points[(nearest + 4) % track.points.length]!;
    const angle = Math.atan2(target.y - y, target.x - x) - Math.PI / 2 - car.hull.getAngle();
    const turn = angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
    const fast = car.hull.getLinearVelocity().length();
    return Float32Array.of(clamp(-2 * turn, -1, 1), fast < speed ? 0.5 : 0, fast > 1.3 * speed ? 0.2 : 0);
  }
}

/** The race that draws what Gymnasium has drawn. */
export function tapedRace({ options, draws }: GymnasiumRace): OpenRace {
  const taped = tape(draws);
  class Taped extends OpenRace {
    protected override get rng() {
      return taped;
    }
  }
  const { continuous = true, domain_randomize: domainRandomize = false } = options as Record<string, boolean>;
  return new Taped({ continuous, domainRandomize });
}

/** How far ours is from it. */
interface RaceDifference {
  readonly step: number;
  /** The largest of each part of the state. */
  readonly state: Readonly<Record<StatePart, number>>;
  /** Of the sum of rewards until then, and of how many tiles are visited. */
  readonly total: number;
  readonly visited: number;
}

/** Makes the same race here: differences where it was seen, mean differences of pictures, and whether both end at the same step. */
export function replayRace(race: GymnasiumRace) {
  const { actions, seen, lapFinished, pictures } = race;
  const env = tapedRace(race);
  const rows = new Map(seen.map((row) => [row[0], row]));
  const differences: RaceDifference[] = [];
  const shots: { step: number; ours: Uint8Array; theirs: Uint8Array }[] = [];
  let total = 0;
  const compare = (step: number, ours: Uint8Array) => {
    const picture = pictures[step];
    if (picture !== undefined) shots.push({ step, ours, theirs: gunzipSync(Buffer.from(picture, 'base64')) });
    const row = rows.get(step);
    if (row === undefined) return;
    const [, rewards, visited, ...expected] = row;
    const far = env.numbers().map((x, i) => Math.abs(x - expected[i]!));
    const parts = Object.entries(stateParts).map(([part, count]) => [part, Math.max(...far.splice(0, count))]);
    differences.push({
      ...{ step, state: Object.fromEntries(parts), total: Math.abs(total - rewards) },
      visited: Math.abs(env.shown.visitedCount - visited),
    });
  };
  compare(0, env.reset()[0]);
  let outcome: unknown;
  for (const [i, action] of actions.entries()) {
    if (outcome !== undefined) return { differences, shots, isSameEnd: false };
    const step = env.step(typeof action === 'number' ? action : Float32Array.from(action));
    total += step[1];
    outcome = step[4].outcome;
    compare(i + 1, step[0]);
  }
  const expected = lapFinished === null ? undefined : lapFinished ? 'finished' : 'left';
  return { differences, shots, isSameEnd: outcome === expected };
}

/** The mean size of the differences of bytes, from one row of pixels to another. */
export function meanDifference(a: Uint8Array, b: Uint8Array, from = 0, to = 96): number {
  let sum = 0;
  for (let i = from * 96 * 3; i < to * 96 * 3; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / ((to - from) * 96 * 3);
}
