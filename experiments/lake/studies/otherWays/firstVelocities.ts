import { lakeMap } from '../../../../envs/index.ts';
import { Actor, type Policy, type Rng } from '../../../../src/index.ts';
import { type Condition, SOFT } from './ways.ts';

const COUNT = 120;

/** Sampled velocities at the start, vx₀, vy₀, vx₁, vy₁, …; hidden noise is drawn anew for each. */
export function firstVelocities(policy: Policy, { condition, rng }: { condition: Condition; rng: Rng }): number[] {
  const { start } = lakeMap;
  const size = policy.observationDim;
  const observations = rng.split('noise').fillNormal(new Float32Array(COUNT * size));
  for (let i = 0; i < COUNT; i++) {
    observations[size * i] = start.x;
    observations[size * i + 1] = start.y;
  }
  const actor = new Actor(policy, { rng: rng.split('actions'), batch: COUNT });
  const unit = condition === 'soft return' ? 1 / SOFT.high[0]! : 1;
  const velocities = Array.from(actor.act(observations).action, (x) => Math.round(100 * unit * x) / 100);
  actor.dispose();
  return velocities;
}
