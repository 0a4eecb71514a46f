import { describe, expect, it } from 'vitest';
import { AvoidingEnv, type Env, make } from '../../../envs/index.ts';
import { Rng } from '../../../src/random.ts';

/** The middles and radii of the cylinders, as D3IL places them. */
const cylinders = [
  [0.5, -0.1, 0.03],
  [0.425, 0.08, 0.025],
  [0.575, 0.08, 0.025],
  [0.35, 0.26, 0.025],
  [0.5, 0.26, 0.025],
  [0.65, 0.26, 0.025],
] as const;

const clip = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** The distance from a point to the straight line between two others. */
function distanceToLine([px, py]: readonly number[], [ax, ay]: readonly number[], [bx, by]: readonly number[]): number {
  const [dx, dy] = [bx! - ax!, by! - ay!];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : clip(((px! - ax!) * dx + (py! - ay!) * dy) / length, 0, 1);
  return Math.hypot(ax! + t * dx - px!, ay! + t * dy - py!);
}

/** The task anew, in plain numbers. */
class Reference {
  d = [0.525, -0.28];
  p = [0.525, -0.28];
  gaps: number[] = [];
  readonly follow: number;
  constructor(follow: number) {
    this.follow = follow;
  }
  step(action: ArrayLike<number>) {
    const before = this.p;
    this.d = [
      clip(this.d[0]! + clip(action[0]!, -1, 1) / 120, 0.2, 0.8),
      clip(this.d[1]! + clip(action[1]!, -1, 1) / 120, -0.35, 0.45),
    ];
    this.p = before.map((value, i) => (1 - this.follow) * value + this.follow * this.d[i]!);
    const [x, y] = this.p as [number, number];
    const sides = [
      { row: -0.1, ahead: 0.03, edges: [0.5] },
      { row: 0.08, ahead: 0.03, edges: [0.425, 0.575] },
      { row: 0.26, ahead: 0, edges: [0.35, 0.5, 0.65] },
    ];
    const next = sides[this.gaps.length];
    if (next !== undefined && y >= next.row - next.ahead) this.gaps.push(next.edges.filter((edge) => edge < x).length);
    const collided = cylinders.some(([cx, cy, radius]) => distanceToLine([cx, cy], before, this.p) <= radius + 0.01);
    return { collided, finished: !collided && y > 0.35, seen: [...this.d, ...this.p], way: this.gaps.join('') };
  }
}

/** Drifts ahead, to a side that changes now and then. */
function* drift(rng: Rng): Generator<Float32Array> {
  let side = 0;
  for (let t = 0; ; t++) {
    if (t % 12 === 0) side = rng.uniform(-1.5, 1.5);
    yield Float32Array.of(side + rng.normal(0, 0.3), rng.normal(0.7, 0.4));
  }
}

describe('AvoidingEnv', () => {
  it.each([0.5, 0.2, 1])('moves, sees and ends as in plain numbers, with follow %f', (follow) => {
    const env = new AvoidingEnv({ follow });
    const [rng, outcomes, ways] = [new Rng(follow), { finished: 0, collided: 0 }, new Set<string>()];
    const wrong: unknown[] = [];
    let error = 0;
    for (let episode = 0; episode < 400; episode++) {
      env.reset(episode === 0 ? { seed: 0 } : {});
      const reference = new Reference(follow);
      for (const action of drift(rng)) {
        const [observation, reward, terminated, truncated, info] = env.step(action);
        const { collided, finished, seen, way } = reference.step(action);
        for (const [i, value] of seen.entries()) error = Math.max(error, Math.abs(observation[i]! - value));
        const outcome = collided ? 'collided' : finished ? 'finished' : undefined;
        const told = [reward, terminated, truncated, info.outcome, info.way];
        const expected = [finished ? 1 : 0, collided || finished, false, outcome, way];
        if (told.some((value, i) => value !== expected[i])) wrong.push([told, expected]);
        if (!terminated) continue;
        outcomes[finished ? 'finished' : 'collided'] += 1;
        if (finished) ways.add(way);
        break;
      }
    }
    expect(wrong).toEqual([]);
    // Observations are float32.
    expect(error).toBeLessThan(1e-7);
    expect(outcomes.finished).toBeGreaterThan(10);
    expect(outcomes.collided).toBeGreaterThan(100);
    expect(ways.size).toBeGreaterThan(4);
  });

  it('straight on runs into the first cylinder; golden steps, by hand', () => {
    const env = make<Float32Array, Float32Array>('Avoiding-v0');
    const [first] = env.reset({ seed: 3 });
    expect([...first]).toEqual([0.525, -0.28, 0.525, -0.28].map(Math.fround));
    const seen = [Float32Array.of(-1, 5), Float32Array.of(0, 0), Float32Array.of(1, -1)].map((a) => [
      ...env.step(a)[0],
    ]);
    const unit = 1 / 120;
    [
      [0.525 - unit, -0.28 + unit, 0.525 - unit / 2, -0.28 + unit / 2],
      [0.525 - unit, -0.28 + unit, 0.525 - (3 * unit) / 4, -0.28 + (3 * unit) / 4],
      [0.525, -0.28, 0.525 - (3 * unit) / 8, -0.28 + (3 * unit) / 8],
    ].forEach((expected, step) => {
      expected.forEach((value, i) => {
        expect(seen[step]![i]).toBeCloseTo(value, 6);
      });
    });
    env.reset({ options: { state: [0.5, -0.2] } });
    const ahead = () => env.step(Float32Array.of(0, 1));
    // The rod touches after 0.06; after t steps it has gone (t − 1 + 2⁻ᵗ) / 120: 0.0584 after 8, 0.0667 after 9.
    for (let t = 1; t < 9; t++) expect(ahead()[2]).toBe(false);
    expect(ahead().slice(2)).toEqual([true, false, { outcome: 'collided', way: '' }]);
  });

  it('runs out of time after 250 steps, begins where it is put, is resumed', () => {
    const env = make<Float32Array, Float32Array>('Avoiding-v0') as Env<Float32Array, Float32Array>;
    env.reset({ seed: 0 });
    const still = Float32Array.of(0, 0);
    for (let t = 1; t < 250; t++) expect(env.step(still).slice(2, 4)).toEqual([false, false]);
    const [, , terminated, truncated, info] = env.step(still);
    expect([terminated, truncated, info.outcome]).toEqual([false, true, 'timeout']);
    const [observation, begun] = env.reset({ options: { state: [0.72, 0.3] } });
    expect([...observation]).toEqual([0.72, 0.3, 0.72, 0.3].map(Math.fround));
    expect(begun).toMatchObject({ way: '123' });

    const [one, other] = [new AvoidingEnv(), new AvoidingEnv()];
    one.reset({ seed: 0 });
    const actions = drift(new Rng(1));
    for (let t = 0; t < 15; t++) one.step(actions.next().value!);
    other.reset({ seed: 9 });
    other.setState(JSON.parse(JSON.stringify(one.state())));
    const next = actions.next().value!;
    expect(other.step(next)).toEqual(one.step(next));
  });

  it('refuses what is no option, no action', () => {
    expect(() => new AvoidingEnv({ follow: 0 })).toThrow(/follow: got 0/);
    const env = new AvoidingEnv();
    env.reset({ seed: 0 });
    expect(() => env.step(Float32Array.of(0, Number.NaN))).toThrow(/expected 2 finite numbers \(offset\)/);
    expect(() => env.reset({ options: { state: [1] } })).toThrow(/expected 2 numbers/);
  });
});
