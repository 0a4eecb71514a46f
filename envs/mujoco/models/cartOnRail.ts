import type { Body, Geom } from '../mjcf.ts';

/** A quarter turn about y, in the digits that were published: MuJoCo makes it a unit, and rounds by them. */
// biome-ignore lint/suspicious/noApproximativeNumericConstant: √½ is another float64.
const lying = [0.707, 0, 0.707, 0];

/** A rail of 2 m along x. */
export const rail: Geom = { name: 'rail', type: 'capsule', quat: lying, size: [0.02, 1] };

/**
 * A cart that slides on the {@link rail}, and what stands on it.
 * @param margin before the ends of the rail, where they begin to push
 */
export function cart(bodies: readonly Body[], margin?: number): Body {
  return {
    name: 'cart',
    pos: [0, 0, 0],
    joints: [
      { name: 'slider', type: 'slide', axis: [1, 0, 0], range: [-1, 1], ...(margin !== undefined && { margin }) },
    ],
    geoms: [{ name: 'cart', type: 'capsule', quat: lying, size: [0.1, 0.1] }],
    bodies,
  };
}
