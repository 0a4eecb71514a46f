import { A2c, a2cOptions } from '../../agents/a2c.ts';
import { Dqn, dqnOptions } from '../../agents/dqn.ts';
import { Ppo, ppoOptions } from '../../agents/ppo.ts';
import { Reinforce, reinforceOptions } from '../../agents/reinforce.ts';
import { Sac, sacOptions } from '../../agents/sac.ts';
import { SoftQLearning, softQLearningOptions } from '../../agents/softQLearning.ts';
import { Td3, td3Options } from '../../agents/td3.ts';
import { type TrainableAgent, trainable } from './trainable.ts';

/** What an agent that learns from a replay wants of its policy: actions within their bounds, and networks as wide as the critics'. */
const replaying = { squash: 'tanh', hidden: [256, 256], activation: 'relu' };

/** The agents of `oxbow train`. */
export const trainableAgents: Readonly<Record<string, TrainableAgent>> = {
  reinforce: trainable(Reinforce, reinforceOptions, 'REINFORCE with a baseline (Williams, 1992)'),
  a2c: trainable(A2c, a2cOptions, 'advantage actor-critic (Mnih et al., 2016)'),
  ppo: trainable(Ppo, ppoOptions, 'proximal policy optimization (Schulman et al., 2017)'),
  sac: trainable(Sac, sacOptions, 'soft actor-critic (Haarnoja et al., 2018)', {
    actions: 'box',
    policy: { ...replaying, scale: 'state' },
  }),
  'soft-q-learning': trainable(SoftQLearning, softQLearningOptions, 'soft Q-learning (Haarnoja et al., 2017)', {
    actions: 'box',
    policy: { ...replaying, scale: 'state' },
  }),
  td3: trainable(Td3, td3Options, 'twin delayed policy gradients (Fujimoto et al., 2018)', {
    actions: 'box',
    policy: replaying,
  }),
  dqn: trainable(Dqn, dqnOptions, 'double deep Q-learning (van Hasselt et al., 2016)', {
    actions: 'discrete',
    policy: { activation: 'relu' },
  }),
};
