import { studyInParts } from '../studyInParts.ts';
import { banditPart } from './cloningBandit.ts';
import { lakesPart } from './cloningLakes.ts';

/** E1: cloning of demonstrators who use both banks. */
export const cloning = studyInParts([banditPart, lakesPart], {
  name: 'cloning',
  title: 'Cloning demonstrators who use both banks',
  question: 'Does a Gaussian that learns from walkers on both banks walk into the water?',
  prediction:
    'Yes: it fits their average. Policies with several modes do not. Where the demonstrators agree, or the position tells them apart, all are alike.',
});
