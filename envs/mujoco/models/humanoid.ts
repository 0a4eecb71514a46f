import { humanoidIn } from './humanoidIn.ts';

/** Upright: the model of Gymnasium's Humanoid-v5. */
export const humanoid = humanoidIn('humanoid', {
  height: 1.4,
  head: [0, 0.19],
  upperWaist: [-0.01, -0.12],
  lowerWaist: [-0.01, -0.26],
  pelvis: [0, -0.165],
  hip: [0, -0.04],
  thigh: [0, -0.34],
  knee: [0, -0.403],
  shin: [0, -0.3],
  ankle: [0, -0.45],
  leftHipRange: [-110, 20],
});
