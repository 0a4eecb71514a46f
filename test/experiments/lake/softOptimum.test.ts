import { expect, test } from 'vitest';
import { SoftOptimum } from '../../../common/softOptimum.ts';
import { LakeEnv, type LakeOptions, lakeMap } from '../../../envs/index.ts';
import { Rng } from '../../../src/index.ts';

const { start } = lakeMap;
const DEGREE = Math.PI / 180;

/** The mass of headings between two angles, degrees. */
function massBetween({ actions, logDensity, cell }: ReturnType<SoftOptimum['policyAt']>, low: number, high: number) {
  let mass = 0;
  actions.forEach((angle, i) => {
    if (angle > low * DEGREE && angle < high * DEGREE) mass += Math.exp(logDensity[i]!) * cell;
  });
  return mass;
}

test('where a step costs so much that only the first may be taken, V = r + τ log P(home), an arc of headings', () => {
  const optimum = new SoftOptimum({ temperature: 0.1, stepCost: 1, stride: 1.3, cells: 8, points: 3600 });
  const seen = Math.asin(0.25) / Math.PI;
  expect(optimum.value({ x: 1.5, y: 1 })).toBeCloseTo(1 - 1 + 0.1 * Math.log(seen), 3);
  const { actions, logDensity } = optimum.policyAt({ x: 1.5, y: 1 }, 720);
  const down = logDensity[actions.findIndex((angle) => angle > -Math.PI / 2)]!;
  expect(down).toBeCloseTo(-Math.log(2 * Math.PI * seen), 1);
});

/** τ log E[exp(Σ r / τ)] over walks that draw every action uniformly, in the environment itself. */
function valueOfRandomWalks(options: LakeOptions, { temperature, walks }: { temperature: number; walks: number }) {
  const env = new LakeEnv(options);
  const rng = new Rng(0);
  const { low, high, size } = env.actionSpace;
  let sum = 0;
  for (let walk = 0; walk < walks; walk++) {
    env.reset(walk === 0 ? { seed: 0 } : {});
    let total = 0;
    for (let step = 0; step < 200; step++) {
      const action = Float32Array.from({ length: size }, (_, i) => rng.uniform(low[i], high[i]));
      const [, reward, terminated] = env.step(action);
      total += reward;
      if (terminated) break;
    }
    sum += Math.exp(total / temperature);
  }
  env.close();
  return temperature * Math.log(sum / walks);
}

test.each([
  [{ action: 'heading', stride: 0.8, stepCost: 0.02 }, 0.3],
  [{ action: 'heading', stride: 1.3, stepCost: 0.02 }, 0.3],
] as const)(
  'V(start) is τ log E[exp(return / τ)] over random walks of the environment: %o',
  ({ action, ...options }, temperature) => {
    const value = new SoftOptimum({ ...options, temperature }).value(start);
    expect(Math.abs(value - valueOfRandomWalks({ action, ...options }, { temperature, walks: 40_000 }))).toBeLessThan(
      0.01,
    );
  },
);

// With 160 cells and 720 headings; the tolerance is the refinement error.
test.each([
  [0.8, 0.02, 0.192, 34],
  [1.3, 0.1, 0.0, 44],
])('stride %d, τ = %d: the mass ahead is %d, the peak at %d°', (stride, temperature, ahead, peak) => {
  const policy = new SoftOptimum({ temperature, stride }).policyAt(start, 720);
  expect(Math.abs(massBetween(policy, -27, 27) - ahead)).toBeLessThan(0.008);
  expect(massBetween(policy, 0, 180)).toBeCloseTo(0.5, 9);
  const densest = policy.logDensity.indexOf(Math.max(...policy.logDensity));
  expect(Math.abs(Math.abs(policy.actions[densest]! / DEGREE) - peak)).toBeLessThan(2);
});
