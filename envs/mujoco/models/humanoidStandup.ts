import { humanoidIn } from './humanoidIn.ts';

/** On its back: the model of Gymnasium's HumanoidStandup-v5. */
export const humanoidStandup = humanoidIn('humanoid standup', {
  height: 0.105,
  head: [-0.15, 0],
  upperWaist: [0.11, 0],
  lowerWaist: [0.21, 0],
  pelvis: [0.165, 0],
  hip: [0, 0],
  thigh: [0.34, 0],
  knee: [0.403, 0],
  shin: [0.3, 0],
  ankle: [0.35, -0.1],
  leftHipRange: [-120, 20],
});
