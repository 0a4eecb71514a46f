import { scoredTrainings } from '../shared/scored/scoredTrainings.ts';
import { cells, choices } from './cells.ts';

/** Whether the agents reach the scores of the field's libraries on classic control, with a flow as with a Gaussian. */
export const classic = scoredTrainings({
  name: 'classic',
  headline: 'Do the agents reach the field’s scores on classic control?',
  description:
    'Agents on classic control, beside the scores that the field asks of them; a flow in the Gaussian’s place.',
  cells,
  choices,
  seeds: { seeds: 5 },
  quick: { environments: ['CartPole-v1', 'Pendulum-v1'], studies: ['ppo'] },
});
