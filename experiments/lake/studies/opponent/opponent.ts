import { studyInParts } from '../studyInParts.ts';
import { banditPart } from './opponentBandit.ts';

/** E4: a bank is blocked by an opponent who learns which one is used more. */
export const opponent = studyInParts([banditPart], {
  name: 'opponent',
  title: 'An opponent',
  question: 'What is a policy worth where the blocked bank is the worse one for it?',
  prediction: 'A policy with two even modes is worth ½ against every opponent, a Gaussian at most .242.',
});
