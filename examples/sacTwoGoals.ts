/**
 * Soft actor-critic on a task with two goals. In `SoftBandit-v0` the banks −1 and 1 are equally good, and water lies between them.
 * SAC pays for entropy too, so the best policy takes both banks. A spline flow does; a Gaussian has one mode and gives up a bank.
 *
 * Run `npx tsx sacTwoGoals.ts`: about 10 seconds. For each policy it prints the entropy, the modes with their shares, and where 1,000
 * actions land: almost all of the Gaussian's on one bank, and about half of the spline's on each.
 */
import { actionDensity, makePolicy, modes, Rng } from 'oxbow';
import { evaluate, Sac } from 'oxbow/agents';
import { make } from 'oxbow/envs';

const env = make('SoftBandit-v0');
for (const name of ['gaussian', 'spline'] as const) {
  const rng = new Rng(0);
  const policy = makePolicy(name, { env, for: 'sac', rng: rng.split('policy'), hidden: [32, 32], activation: 'tanh' });
  const agent = new Sac({
    policy,
    env,
    rng: rng.split('agent'),
    temperature: { linear: [0.3, 0.03] },
    learningRate: 2e-3,
    criticHidden: [64, 64],
    learningStarts: 500,
  });
  for await (const { step, entropy } of agent.train({ steps: 4000, rng: rng.split('training') })) {
    console.log(`${name}, step ${step}: entropy ${entropy?.toFixed(2)} nats`);
  }

  for (const { x, share } of modes(actionDensity(policy, [0]), { rng: rng.split('modes') })) {
    console.log(`${name}: a mode at ${x[0]!.toFixed(2)} with ${(100 * share).toFixed(0)} % of the mass`);
  }
  const { outcomes } = evaluate({ policy, env: 'SoftBandit-v0', episodes: 1000, rng: rng.split('evaluation') });
  const { left = 0, right = 0, water = 0 } = outcomes;
  console.log(`${name}: ${left} left, ${right} right, ${water} in the water`);
}
