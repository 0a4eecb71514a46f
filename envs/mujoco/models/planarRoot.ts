import type { Joint } from '../mjcf.ts';

/**
 * The three joints of a body that moves in the plane y = 0: along x, along z, about y. Nothing resists them.
 * @param height of the body's middle, z in its own frame counted from there
 */
export function planarRoot(height?: number): Joint[] {
  const free: Joint = { armature: 0, damping: 0, stiffness: 0, limited: false };
  const pos = height === undefined ? {} : { pos: [0, 0, -height] };
  return [
    { ...free, ...pos, name: 'rootx', type: 'slide', axis: [1, 0, 0] },
    { ...free, ...pos, name: 'rootz', type: 'slide', axis: [0, 0, 1], ...(height !== undefined && { ref: height }) },
    { ...free, name: 'rooty', type: 'hinge', axis: [0, 1, 0] },
  ];
}
