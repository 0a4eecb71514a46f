import { scoredTrainings } from '../shared/scored/scoredTrainings.ts';
import { cells, choices } from './cells.ts';
import { concludeRobots } from './clauses.ts';

/** Whether a policy with several modes takes the Gaussian's place on robots, by the presets. */
export const robots = scoredTrainings({
  name: 'robots',
  headline: 'Does any class of policies walk better than a Gaussian?',
  description: 'PPO and SAC on robots, by four classes of policies.',
  cells,
  choices,
  // Seeds that nothing is chosen by.
  seeds: { seeds: 10, first: 1300 },
  quick: { environments: ['mujoco/HalfCheetah-v5'], studies: ['ppo'], steps: 20_000 },
  conclusions: (summary) => ({ E9: concludeRobots(summary) }),
});
