import { A2c, a2cOptions } from '../../agents/a2c.ts';
import { Dqn, dqnOptions } from '../../agents/dqn.ts';
import { Ppo, ppoOptions } from '../../agents/ppo.ts';
import { Reinforce, reinforceOptions } from '../../agents/reinforce.ts';
import { Sac, sacOptions } from '../../agents/sac.ts';
import { Td3, td3Options } from '../../agents/td3.ts';
import { type TrainableAgent, trainable } from './trainable.ts';

/** The agents of `oxbow train`. */
export const trainableAgents: Readonly<Record<string, TrainableAgent>> = {
  ppo: trainable(Ppo, ppoOptions, 'proximal policy optimization (Schulman et al., 2017)'),
  a2c: trainable(A2c, a2cOptions, 'advantage actor-critic (Mnih et al., 2016)'),
  reinforce: trainable(Reinforce, reinforceOptions, 'REINFORCE with a baseline (Williams, 1992)'),
  sac: trainable(Sac, sacOptions, 'soft actor-critic (Haarnoja et al., 2018)'),
  td3: trainable(Td3, td3Options, 'twin delayed deep deterministic policy gradient (Fujimoto et al., 2018)'),
  dqn: trainable(Dqn, dqnOptions, 'deep Q-learning (Mnih et al., 2015)'),
};
