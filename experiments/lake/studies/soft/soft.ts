import { studyInParts } from '../studyInParts.ts';
import { banditPart } from './softBandit.ts';
import { lakePart } from './softLake.ts';

/** E2: how near policies come to soft optima with two modes. */
export const soft = studyInParts([banditPart, lakePart], {
  name: 'soft',
  title: 'Soft optima',
  question: 'How near does each policy class come to a soft optimum that has two modes?',
  prediction:
    'A Gaussian stays ln 2 nats away on one bank, or lies over the water where the temperature is high; mixtures and flows ' +
    'come near at every temperature.',
});
