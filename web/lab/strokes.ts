import type { Rng } from 'oxbow';
import type { Demonstrations } from '../../agents/index.ts';
import { lakeGrains } from '../../envs/lake/lakeGrains.ts';
import {
  type Bank,
  bankOf,
  home,
  lake,
  type Point,
  start,
  touchDisc,
  turnAboutOrigin,
  walk,
} from '../../envs/lake/lakeMap.ts';

/** A way that somebody has drawn. */
export type Stroke = readonly Point[];

/** The lake on which strokes are followed, and the noise of who follows them, as scripted demonstrators have it. */
const { stride, maxEpisodeSteps } = lakeGrains['LakeStride-v0'];
const NOISE = 0.1;
/** How near a stroke begins to the start, and ends to home; distance of points along it. */
const [NEAR, SPACING] = [0.45, 0.04];
/** Walkers keep off the shore as the stroke does, at most by this. */
const CLEARANCE = 0.3;
/** Followers that are tried, to tell whether a stroke can be followed. */
const TRIALS = 60;

/** A way round each bank, for who cannot or does not want to draw. */
export function readyStroke(bank: Bank): Stroke {
  const side = bank === 'upper' ? 1 : -1;
  return Array.from({ length: 41 }, (_, i) => {
    const angle = Math.PI * (1 - i / 40);
    return { x: 1.5 * Math.cos(angle), y: side * 1.15 * Math.sin(angle) };
  });
}

/** The bank by which a stroke goes home; undefined where it turns nowhere. */
export function bankOfStroke(stroke: Stroke): Bank | undefined {
  const way = wayOf(stroke);
  return bankOf(way.slice(1).reduce((sum, point, i) => sum + turnAboutOrigin(way[i]!, point), 0));
}

/** Why nobody can learn from a stroke, in a sentence; undefined if one can. */
export function refusal(stroke: Stroke, rng: Rng): string | undefined {
  const [first, last] = [stroke[0], stroke.at(-1)];
  if (first === undefined || last === undefined || distance(first, start) > NEAR) {
    return 'This way does not begin at the start: press on the dot, and draw from there.';
  }
  if (distance(last, home) > NEAR) return 'This way does not end at home: draw on to the dashed circle.';
  const way = wayOf(stroke);
  if (way.slice(1).some((point, i) => touchDisc(way[i]!, point, lake) <= 1)) {
    return 'This way leads through the water: nobody who takes it gets home.';
  }
  let arrived = 0;
  for (let trial = 0; trial < TRIALS; trial++) if (follow(way, rng) !== undefined) arrived += 1;
  if (arrived < TRIALS / 4) {
    return `Of ${TRIALS} walkers on this way ${arrived} get home: they are noisy, and need more room to the shore.`;
  }
  return undefined;
}

/**
 * Walks along strokes that are not refused, as many of each up to one: at each step towards the farthest point of the stroke that is
 * within a stride and in sight, with normal noise on the velocity. Walks that do not get home are thrown away.
 */
export function followStrokes(strokes: readonly Stroke[], episodes: number, rng: Rng): Demonstrations {
  const ways = strokes.map(wayOf);
  const pairs: Pair[] = [];
  for (let episode = 0; episode < episodes; ) {
    const walked = follow(ways[episode % ways.length]!, rng);
    if (walked === undefined) continue;
    for (const pair of walked) pairs.push(pair);
    episode += 1;
  }
  return {
    observations: Float32Array.from(pairs.flatMap(({ position: { x, y } }) => [x, y])),
    actions: Float32Array.from(pairs.flatMap(({ velocity: { x, y } }) => [x, y])),
  };
}

interface Pair {
  readonly position: Point;
  readonly velocity: Point;
}

/** One walk along a way; undefined if it does not get home. */
function follow(way: Stroke, rng: Rng): Pair[] | undefined {
  const room = Math.min(...way.map((point) => distance(point, lake))) - lake.radius;
  const shore = { ...lake, radius: lake.radius + 0.8 * Math.min(room, CLEARANCE) };
  const pairs: Pair[] = [];
  let [position, reached]: [Point, number] = [start, 0];
  while (pairs.length < maxEpisodeSteps) {
    let next = Math.min(way.length - 1, reached + 1);
    for (let i = way.length - 1; i > next; i--) {
      if (distance(position, way[i]!) <= stride && touchDisc(position, way[i]!, shore) > 1) next = i;
    }
    reached = next;
    const to = way[reached]!;
    const velocity = {
      x: rng.normal((to.x - position.x) / stride, NOISE),
      y: rng.normal((to.y - position.y) / stride, NOISE),
    };
    pairs.push({ position, velocity });
    const length = stride / Math.max(1, Math.hypot(velocity.x, velocity.y));
    const { position: there, outcome } = walk(position, length * velocity.x, length * velocity.y);
    if (outcome === 'home') return pairs;
    if (outcome === 'drowned') return undefined;
    position = there;
  }
  return undefined;
}

/** A stroke from the start to home, with points close together. */
function wayOf(stroke: Stroke): Stroke {
  const corners = [start, ...stroke.filter((point) => distance(point, home) > home.radius), { x: home.x, y: home.y }];
  return corners.slice(1).flatMap((to, i) => {
    const from = corners[i]!;
    const parts = Math.max(1, Math.ceil(distance(from, to) / SPACING));
    return Array.from({ length: parts }, (_, part) => ({
      x: from.x + ((part + 1) / parts) * (to.x - from.x),
      y: from.y + ((part + 1) / parts) * (to.y - from.y),
    }));
  });
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
