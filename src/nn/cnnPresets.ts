import type { CnnOptions } from './cnn.ts';

/** Convolutional networks by name, without the images that they are for. */
export const cnnPresets = {
  /** For screens of games, 84 × 84: Mnih et al., "Human-level control through deep reinforcement learning", Nature 518, 2015. */
  nature: {
    convolutions: [
      [32, 8, 4],
      [64, 4, 2],
      [64, 3, 1],
    ],
    features: 512,
  },
  /** For boards and views of a few cells, from 5 × 5. */
  small: {
    convolutions: [
      [16, 3, 1],
      [32, 3, 1],
    ],
    features: 128,
  },
} as const satisfies Record<string, Pick<CnnOptions, 'convolutions' | 'features'>>;
