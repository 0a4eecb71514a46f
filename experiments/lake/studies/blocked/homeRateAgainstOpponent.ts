import { SOFT_LAKE } from '../../../../agents/lake.ts';
import { type MakeOptions, makeVec } from '../../../../envs/index.ts';
import { Actor, type Policy, type Rng } from '../../../../src/index.ts';

/** Opponents, each with a memory of its own. */
const OPPONENTS = 50;
/** Walks of each until it knows the policy: the newest has a tenth of the weight in its average. */
const LEARNING_WALKS = 20;
/** Walks of each that count. */
const WALKS = 20;

/** The share of walks home on the stride lake where an opponent blocks the bank that a policy has used more. */
export function homeRateAgainstOpponent(policy: Policy, options: MakeOptions, rng: Rng): number {
  const env = makeVec(SOFT_LAKE, {
    ...options,
    blocked: 'opponent',
    numEnvs: OPPONENTS,
  });
  const actor = new Actor(policy, { rng: rng.split('actions'), batch: OPPONENTS });
  const walks = new Int32Array(OPPONENTS);
  let home = 0;
  let [observations] = env.reset({ seed: rng.split('env').seed });
  while (walks.some((count) => count < LEARNING_WALKS + WALKS)) {
    const step = env.step(Float32Array.from(actor.act(observations).action));
    for (let i = 0; i < OPPONENTS; i++) {
      if (!step.terminations[i] && !step.truncations[i]) continue;
      const counts = walks[i]! >= LEARNING_WALKS && walks[i]! < LEARNING_WALKS + WALKS;
      if (counts && step.finalInfos[i]!.outcome === 'home') home += 1;
      walks[i]! += 1;
    }
    observations = step.observations;
  }
  actor.dispose();
  env.close();
  return home / (OPPONENTS * WALKS);
}
