import { Ppo, ppoOptions } from '../../agents/ppo.ts';
import { type TrainableAgent, trainable } from './trainable.ts';

/** The agents of `oxbow train`. */
export const trainableAgents: Readonly<Record<string, TrainableAgent>> = {
  ppo: trainable(Ppo, ppoOptions, 'proximal policy optimization (Schulman et al., 2017)'),
};
