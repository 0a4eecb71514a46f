/**
 * The pose of a moment, between two poses what lies between them. It uses nothing from outside of it: pages that are one file have its text.
 * @param poses pose after pose, each `[bodies, 7]`
 * @param at counted in poses; before the first and after the last it is those
 */
export function poseAt(poses: ArrayLike<number>, bodies: number, at: number): Float64Array {
  const size = 7 * bodies;
  const last = poses.length / size - 1;
  const moment = Math.min(last, Math.max(0, at));
  const before = Math.floor(moment);
  const share = moment - before;
  const pose = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const from = poses[before * size + i]!;
    pose[i] = share === 0 ? from : from + share * (poses[(before + 1) * size + i]! - from);
  }
  if (share === 0) return pose;
  for (let i = 3; i < size; i += 7) {
    const start = before * size + i;
    // One rotation has two quaternions: the nearer one is meant.
    let product = 0;
    for (let j = start; j < start + 4; j++) product += poses[j]! * poses[j + size]!;
    const sign = product < 0 ? -1 : 1;
    let squares = 0;
    for (let j = 0; j < 4; j++) {
      pose[i + j] = (1 - share) * poses[start + j]! + share * sign * poses[start + j + size]!;
      squares += pose[i + j]! ** 2;
    }
    for (let j = 0; j < 4; j++) pose[i + j]! /= Math.sqrt(squares);
  }
  return pose;
}
