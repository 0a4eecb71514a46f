import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { loadBox2d } from '../../../envs/box2d/loadBox2d.ts';
import { type GymnasiumRace, meanDifference, OpenRace, replayRace, tapedRace } from './raceReplay.ts';

const file = new URL('../golden/carRacing.json', import.meta.url);
const races: GymnasiumRace[] = JSON.parse(readFileSync(file, 'utf8'));

beforeAll(() => loadBox2d());

/** Box2D's numbers are float32, planck's float64: of places beyond 100 the last bit is 8e-6, and wheels turn by up to 200 rad/s. */
const tolerances = { place: 1e-3, angle: 2e-5, velocity: 1e-3, turn: 2e-5, wheels: 1e-3, steering: 5e-6 };

it.each(races)('$kind, $options: drives, earns and ends as in Gymnasium', (race) => {
  const { differences, isSameEnd } = replayRace(race);
  expect(isSameEnd).toBe(true);
  expect(differences).toHaveLength(race.seen.length);
  for (const { step, state, total, visited } of differences) {
    expect(visited, `step ${step}`).toBe(0);
    expect(total, `step ${step}`).toBeLessThan(2e-4);
    for (const [part, far] of Object.entries(state)) {
      expect(far, `step ${step}, ${part}`).toBeLessThan(tolerances[part as keyof typeof tolerances]);
    }
  }
  expect(race.seen.at(-1)![2]).toBeGreaterThan(race.kind.startsWith('drive') ? 30 : 2);
});

it.each(races)('$kind, $options: lays the road as Gymnasium does', (race) => {
  const env = tapedRace(race);
  env.reset();
  const { points, kerbs } = env.shown.track;
  expect(points).toHaveLength(race.tiles);
  expect(kerbs.filter((kerb) => kerb !== undefined)).toHaveLength(race.kerbs);
  const road = points.filter((_, i) => i % 10 === 0).map(({ beta, x, y }) => [beta, x, y]);
  expect(road).toEqual(race.road.map((point) => point.map((x) => expect.closeTo(x, 5))));
});

it.each(races)('$kind, $options: shows pictures of which few pixels differ from Gymnasium’s', (race) => {
  const { shots } = replayRace(race);
  expect(shots).toHaveLength(Object.keys(race.pictures).length);
  for (const { step, ours, theirs } of shots) {
    // Of 255. Below row 84 are the gauges, with the score in other digits.
    expect(meanDifference(ours, theirs, 0, 84), `step ${step}`).toBeLessThan(step === 0 ? 0.35 : 0.25);
    expect(meanDifference(ours, theirs, 84, 96), `step ${step}`).toBeLessThan(4);
    // Right of the score, all but the smoothed ends of bars.
    const gauges = (x: Uint8Array) => x.filter((_, i) => i >= 84 * 96 * 3 && Math.floor(i / 3) % 96 > 11);
    const [far, near] = [gauges(ours), gauges(theirs)];
    expect(far.filter((x, i) => Math.abs(x - near[i]!) > 40).length, `step ${step}`).toBeLessThan(8);
  }
});

it('counts the first tile at the start, so that a lap ends by the last one', () => {
  const env = new OpenRace();
  for (let seed = 0; seed < 5; seed++) {
    env.reset({ seed });
    expect([...env.shown.visited].flatMap((is, i) => (is === 1 ? [i] : []))).toEqual([0, 1]);
  }
  // Less than that is complete at once.
  const short = new OpenRace({ lapCompletePercent: 0 });
  short.reset({ seed: 0 });
  expect(short.step(new Float32Array(3)).slice(2)).toEqual([true, false, { outcome: 'finished' }]);
});

it('has other colours in each episode with domainRandomize', () => {
  const env = new OpenRace({ domainRandomize: true });
  const corner = (picture: Uint8Array) => picture.slice(84 * 96 * 3 - 3, 84 * 96 * 3).join();
  const seen = Array.from({ length: 6 }, (_, seed) => {
    env.reset({ seed });
    let picture = new Uint8Array();
    for (let i = 0; i < 50; i++) [picture] = env.step(new Float32Array(3)) as [Uint8Array<ArrayBuffer>, ...unknown[]];
    return corner(picture);
  });
  expect(new Set(seen).size).toBe(6);
});

it('keeps the last traces of skids', () => {
  const env = new OpenRace();
  env.reset({ seed: 1 });
  for (let i = 0; i < 400; i++) env.step(Float32Array.of(i % 40 < 20 ? 1 : -1, 1, i % 90 > 80 ? 1 : 0));
  const { traces } = env.shown.car;
  expect(traces.length).toBeGreaterThan(3);
  expect(traces.length).toBeLessThanOrEqual(30);
  for (const { points } of traces) expect(points.length).toBeLessThanOrEqual(30);
});
