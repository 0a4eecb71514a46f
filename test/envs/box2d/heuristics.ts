import { clamp } from '../../../src/spaces/box.ts';

/** What chooses actions from observations, begun anew in each episode. */
export type Controller = (observation: Float32Array) => number | Float32Array;

/** Gymnasium's heuristic of the lander. */
export function landingHeuristic(isContinuous: boolean): Controller {
  return (observation) => {
    const [x, y, vx, vy, angle, spin, left, right] = observation as unknown as number[] as [
      ...[number, number, number, number],
      ...[number, number, number, number],
    ];
    const target = clamp(0.5 * x + vx, -0.4, 0.4);
    const isDown = left !== 0 || right !== 0;
    const turn = isDown ? 0 : (target - angle) / 2 - spin;
    const lift = isDown ? -vy / 2 : (0.55 * Math.abs(x) - y) / 2 - vy / 2;
    if (isContinuous) return Float32Array.of(clamp(20 * lift - 1, -1, 1), clamp(-20 * turn, -1, 1));
    if (lift > Math.abs(turn) && lift > 0.05) return 2;
    return turn < -0.05 ? 3 : turn > 0.05 ? 1 : 0;
  };
}

const speed = 0.29;
const straightKnee = 0.1;

/** Gymnasium's heuristic of the walker: stands on one leg, puts the other down, pushes off. */
export function walkingHeuristic(): Controller {
  let phase: 'stand' | 'put' | 'push' = 'stand';
  let moving = 0;
  let supportingKnee = straightKnee;
  return (observation) => {
    const s = Array.from(observation);
    const supporting = 1 - moving;
    const [movingAt, supportingAt] = [4 + 5 * moving, 4 + 5 * supporting];
    const hips: (number | undefined)[] = [undefined, undefined];
    const knees: (number | undefined)[] = [undefined, undefined];
    // One phase may lead to the next in the same step.
    if (phase === 'stand') {
      hips[moving] = 1.1;
      knees[moving] = -0.6;
      supportingKnee += s[2]! > speed ? 0.06 : 0.03;
      supportingKnee = Math.min(supportingKnee, straightKnee);
      knees[supporting] = supportingKnee;
      if (s[supportingAt]! < 0.1) phase = 'put';
    }
    if (phase === 'put') {
      hips[moving] = 0.1;
      knees[moving] = straightKnee;
      knees[supporting] = supportingKnee;
      if (s[movingAt + 4]! > 0) {
        phase = 'push';
        supportingKnee = Math.min(s[movingAt + 2]!, straightKnee);
      }
    }
    if (phase === 'push') {
      knees[moving] = supportingKnee;
      knees[supporting] = 1;
      if (s[supportingAt + 2]! > 0.88 || s[2]! > 1.2 * speed) {
        phase = 'stand';
        moving = 1 - moving;
      }
    }
    const [angle, spin, , rise] = s as [number, number, number, number];
    const action = [0, 1].flatMap((leg) => {
      const [hip, hipSpeed, knee, kneeSpeed] = s.slice(4 + 5 * leg) as [number, number, number, number];
      const [hipTarget, kneeTarget] = [hips[leg], knees[leg]];
      const toHip = hipTarget === undefined ? 0 : 0.9 * (hipTarget - hip) - 0.25 * hipSpeed;
      // A target of 0 is none there.
      const toKnee = kneeTarget === undefined || kneeTarget === 0 ? 0 : 4 * (kneeTarget - knee) - 0.25 * kneeSpeed;
      return [toHip + 0.9 * angle + 1.5 * spin, toKnee - 15 * rise];
    });
    return Float32Array.from(action, (a) => clamp(a / 2, -1, 1));
  };
}

/** Actions that are a linear function of the observation and 1, clipped: weights `[actions, observation + 1]`. */
export function linearController(weights: readonly (readonly number[])[]): Controller {
  return (observation) =>
    Float32Array.from(weights, (row) => {
      const sum = row.reduce((all, weight, i) => all + weight * (observation[i] ?? 1), 0);
      return clamp(sum, -1, 1);
    });
}
