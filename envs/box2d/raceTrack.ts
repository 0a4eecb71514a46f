import { portableMath } from '../../src/portableMath.ts';
import type { Rng } from '../../src/random.ts';

const { sin, cos, atan2 } = portableMath;

/** Of how many lengths of Gymnasium's pictures a unit of the world is. */
const SCALE = 6;
/** Checkpoints are at most so far from the middle; those at the start half as far again. */
const trackRadius = 900 / SCALE;
/** Beyond it, from the middle in x or y, the car is lost. */
export const playfield = 2000 / SCALE;
/** From one point of the road to the next. */
const detail = 21 / SCALE;
/** The largest turn from one point to the next, rad. */
const turnRate = 0.31;
/** Half the width of the road. */
const halfWidth = 40 / SCALE;
const kerbWidth = 8 / SCALE;
/** So many turns to the same side, one after another, have a kerb. */
const kerbTurns = 4;
const checkpointCount = 12;
/** Where a lap begins, rad. */
const startAngle = -Math.PI / checkpointCount;
const maxPoints = 2500;

/** A point in the middle of the road. */
export interface RoadPoint {
  /** Seen from the middle of the field, as the search for a lap counts it, rad. */
  readonly alpha: number;
  /** To the right of the way, rad. */
  readonly beta: number;
  readonly x: number;
  readonly y: number;
}

/** The four corners of a piece: x, y, x, y, … */
export type Corners = Float64Array;

/** The road of an episode, closed. */
export interface RaceTrack {
  readonly points: readonly RoadPoint[];
  /** The tile from each point to the one before. */
  readonly tiles: readonly Corners[];
  /** The kerb beside each tile, where the road turns hard. */
  readonly kerbs: readonly (Corners | undefined)[];
}

/** Draws a track as Gymnasium does: tries until head and tail of a lap meet. */
export function raceTrack(rng: Pick<Rng, 'uniform'>): RaceTrack {
  for (;;) {
    const points = lapOf(walk(checkpoints(rng)));
    if (points !== undefined) return { points, ...pieces(points) };
  }
}

type Checkpoint = readonly [alpha: number, x: number, y: number];

function checkpoints(rng: Pick<Rng, 'uniform'>): Checkpoint[] {
  return Array.from({ length: checkpointCount }, (_, i) => {
    const sector = (2 * Math.PI * i) / checkpointCount;
    let alpha = sector + rng.uniform(0, (2 * Math.PI) / checkpointCount);
    let radius = rng.uniform(trackRadius / 3, trackRadius);
    if (i === 0 || i === checkpointCount - 1) {
      alpha = sector;
      radius = 1.5 * trackRadius;
    }
    return [alpha, radius * cos(alpha), radius * sin(alpha)];
  });
}

/** A way that steers from checkpoint to checkpoint, for some laps. */
function walk(targets: readonly Checkpoint[]): RoadPoint[] {
  const points: RoadPoint[] = [];
  let [x, y, beta] = [1.5 * trackRadius, 0, 0];
  let target = 0;
  let laps = 0;
  let hasSeenOtherSide = false;
  while (laps <= 4 && points.length < maxPoints) {
    let alpha = atan2(y, x);
    if (hasSeenOtherSide && alpha > 0) {
      laps++;
      hasSeenOtherSide = false;
    }
    if (alpha < 0) {
      hasSeenOtherSide = true;
      alpha += 2 * Math.PI;
    }
    // The next checkpoint ahead; past the last one the search goes on a turn earlier.
    while (alpha > targets[target % targets.length]![0]) {
      target++;
      if (target % targets.length === 0) alpha -= 2 * Math.PI;
    }
    const [, targetX, targetY] = targets[target % targets.length]!;
    const [rightX, rightY] = [cos(beta), sin(beta)];
    const aside = SCALE * (rightX * (targetX - x) + rightY * (targetY - y));
    while (beta - alpha > 1.5 * Math.PI) beta -= 2 * Math.PI;
    while (beta - alpha < -1.5 * Math.PI) beta += 2 * Math.PI;
    const before = beta;
    if (Math.abs(aside) > 0.3) beta -= Math.sign(aside) * Math.min(turnRate, Math.abs(0.001 * aside));
    x -= rightY * detail;
    y += rightX * detail;
    points.push({ alpha, beta: before * 0.5 + beta * 0.5, x, y });
  }
  return points;
}

/** The last whole lap of a way, or undefined if there is none whose ends meet. */
function lapOf(way: readonly RoadPoint[]): RoadPoint[] | undefined {
  const ends: number[] = [];
  for (let i = way.length - 1; i > 0 && ends.length < 2; i--) {
    if (way[i]!.alpha > startAngle && way[i - 1]!.alpha <= startAngle) ends.push(i);
  }
  if (ends.length < 2) return undefined;
  const lap = way.slice(ends[1]!, ends[0]! - 1);
  const [head, tail] = [lap[0]!, lap.at(-1)!];
  const dx = cos(head.beta) * (head.x - tail.x);
  const dy = sin(head.beta) * (head.y - tail.y);
  return Math.sqrt(dx * dx + dy * dy) > detail ? undefined : lap;
}

function pieces(points: readonly RoadPoint[]): Pick<RaceTrack, 'tiles' | 'kerbs'> {
  const turn = (i: number) => points.at(i)!.beta - points.at(i - 1)!.beta;
  const hasKerb = points.map(() => false);
  for (let i = 0; i < points.length; i++) {
    const turns = Array.from({ length: kerbTurns }, (_, back) => turn(i - back));
    const isHard = turns.every((by) => Math.abs(by) > turnRate * 0.2 && Math.sign(by) === Math.sign(turns[0]!));
    if (isHard) for (let back = 0; back < kerbTurns; back++) hasKerb[(i - back + points.length) % points.length] = true;
  }
  const between = (i: number, from: number, to: number): Corners => {
    const at = ({ x, y, beta }: RoadPoint, right: number) => [x + right * cos(beta), y + right * sin(beta)];
    const [here, before] = [points[i]!, points.at(i - 1)!];
    return Float64Array.of(...at(here, from), ...at(here, to), ...at(before, to), ...at(before, from));
  };
  return {
    tiles: points.map((_, i) => between(i, -halfWidth, halfWidth)),
    kerbs: points.map((_, i) => {
      if (!hasKerb[i]) return undefined;
      const side = -Math.sign(turn(i));
      return between(i, side * halfWidth, side * (halfWidth + kerbWidth));
    }),
  };
}
