import type { PicturePoint, RobotPicture } from '../../envs/mujoco/robotPicture.ts';

/** A walk as a worker sends it: pictures in few numbers. */
export interface RobotWalk {
  /** Steps of the training before it. */
  readonly step: number;
  /** How far it led to the right, m. */
  readonly distance: number;
  /** Seconds between two pictures. */
  readonly interval: number;
  readonly scene: Pick<RobotPicture, 'view' | 'half' | 'floor'>;
  readonly shapes: readonly { readonly points: number; readonly radius: number; readonly isRobot: boolean }[];
  /** Picture after picture: its middle, then of each shape its depth and its points. */
  readonly numbers: Float32Array;
}

/** How many numbers a picture is. */
function stride({ shapes }: Pick<RobotWalk, 'shapes'>): number {
  return 2 + shapes.reduce((sum, { points }) => sum + 1 + 2 * points, 0);
}

/** How many pictures a walk has. */
export function pictureCount(walk: RobotWalk): number {
  return walk.numbers.length / stride(walk);
}

/** Seconds from the first picture to the last. */
export function duration(walk: RobotWalk): number {
  return (pictureCount(walk) - 1) * walk.interval;
}

/** A walk of these pictures, of one model. */
export function packWalk(
  pictures: readonly RobotPicture[],
  about: Pick<RobotWalk, 'step' | 'distance' | 'interval'>,
): RobotWalk {
  const { view, half, floor, shapes } = pictures[0]!;
  const numbers = pictures.flatMap((picture) => [
    ...picture.middle,
    ...picture.shapes.flatMap(({ depth, points }) => [depth, ...points.flat()]),
  ]);
  return {
    ...about,
    scene: { view, half, floor },
    shapes: shapes.map(({ points, radius, isRobot }) => ({ points: points.length, radius, isRobot })),
    numbers: Float32Array.from(numbers),
  };
}

/** The picture of a moment, in seconds: between two pictures, what lies between them. */
export function pictureAt(walk: RobotWalk, seconds: number): RobotPicture {
  const { scene, shapes, numbers, interval } = walk;
  const last = pictureCount(walk) - 1;
  const at = Math.min(last, Math.max(0, seconds / interval));
  const [size, before] = [stride(walk), Math.min(Math.floor(at), Math.max(0, last - 1))];
  const share = at - before;
  let i = before * size;
  const next = () => {
    const from = numbers[i]!;
    const to = numbers[i + size] ?? from;
    i++;
    return from + share * (to - from);
  };
  const point = (): PicturePoint => [next(), next()];
  return {
    ...scene,
    middle: point(),
    shapes: shapes.map(({ points, radius, isRobot }) => ({
      depth: next(),
      points: Array.from({ length: points }, point),
      radius,
      isRobot,
    })),
  };
}
