import { studyInParts } from '../studyInParts.ts';
import { banditPart } from './fixedScaleBandit.ts';
import { lakePart } from './fixedScaleLake.ts';

/** E5: what a Gaussian that may not change its scale does. */
export const fixedScale = studyInParts([banditPart, lakePart], {
  name: 'fixed-scale',
  title: 'A Gaussian of a fixed scale',
  question: 'Is it the Gaussian that walks into the water, or the size of its noise?',
  prediction:
    'The noise: with a fixed σ the best mean lies between the banks exactly where s² + σ² ≥ 1, and the more σ the more drown; with a learned σ few do.',
});
