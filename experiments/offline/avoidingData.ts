import { atEnd } from '../../datasets/episode.ts';
import { type DatasetAbout, type StoredEpisode, spaceToJson, usualDtypes } from '../../datasets/index.ts';
import { AvoidingEnv, avoidingMap } from '../../envs/index.ts';
import type { Point } from '../../envs/lake/lakeMap.ts';
import { Rng } from '../../src/index.ts';
import { clamp } from '../../src/spaces/box.ts';
import type { MazeDraw } from './mazeData.ts';
import type { PlayableRecipe } from './playRecipe.ts';

/** The recipe of demonstrations past the cylinders: as many as D3IL has. */
export const avoidingRecipe = { name: 'avoiding', env: 'Avoiding-v0', episodes: 96 } as const;

const { start, rows, finishY, stride, left, right } = avoidingMap;

/** The 24 ways, as `AvoidingInfo` has them. */
export const avoidingWays: readonly string[] = rows.reduce<string[]>(
  (ways, { xs }) => ways.flatMap((way) => Array.from({ length: xs.length + 1 }, (_, gap) => `${way}${gap}`)),
  [''],
);

/** Demonstrations of `Avoiding-v0` by scripted walkers, see {@link avoidingEpisodes}. */
export function avoidingDataset({ seed = 0, episodes = avoidingRecipe.episodes }: MazeDraw = {}): PlayableRecipe {
  const { name, env: id } = avoidingRecipe;
  const { observationSpace, actionSpace } = new AvoidingEnv();
  const about: DatasetAbout = {
    environment: { id, options: {} },
    observationSpace: spaceToJson(observationSpace),
    actionSpace: spaceToJson(actionSpace),
    dtypes: usualDtypes(observationSpace, actionSpace),
    infos: [],
    policies: [{ name: 'walker', ways: avoidingWays.length, episodes }],
    provenance: { recipe: name, seed },
  };
  return {
    ...{ observationSpace, actionSpace, about, numEpisodes: episodes },
    *episodes() {
      for (const { way: _, ...episode } of avoidingEpisodes(new Rng(name).split(seed), episodes)) yield episode;
    },
    dispose() {},
  };
}

/**
 * Episodes that reach the line. Of every 24 each goes another way, in an order that is drawn. A walker crosses each row straight on, at a place of
 * the gap that is normal about its middle; an outer gap reaches as far beyond the last cylinder as an inner one does between two. From row to row
 * it takes a cubic curve, of a bow that is drawn for the episode, and at a speed that is; its hand trembles, by noise of a deviation of 2 mm that
 * remembers nine tenths of itself from step to step. Who does not get through by the way that was meant is left out, and another takes the place.
 */
export function* avoidingEpisodes(rng: Rng, episodes: number): Iterable<StoredEpisode & { readonly way: string }> {
  const env = new AvoidingEnv();
  let order: readonly string[] = [];
  for (let i = 0; i < episodes; i++) {
    const place = i % avoidingWays.length;
    if (place === 0) order = shuffled(avoidingWays, rng.split('order').split(i));
    const way = order[place]!;
    for (let trial = 0; ; trial++) {
      const episode = walk(env, way, rng.split(i).split(trial));
      if (episode !== undefined) {
        yield { ...episode, way };
        break;
      }
    }
  }
}

/** Of a gap: how far from its middle a walker crosses, and how far beyond the last cylinder the middle of an outer gap is, metres. */
const SPREAD = 0.012;
const OUTER = 0.075;
/** Standard deviation of the tremor, metres, and how much of it is left a step later. */
const TREMOR = 0.002;
const MEMORY = 0.9;
/** No walker needs more. */
const MOST_STEPS = 250;

/** One episode; undefined where the walker does not get through by the way. */
function walk(env: AvoidingEnv, way: string, rng: Rng): StoredEpisode | undefined {
  const curve = curveOf(crossingsOf(way, rng), rng.uniform(0.5, 1.1));
  const speed = stride * rng.uniform(0.7, 0.95);
  const observations: number[] = [];
  const actions: number[] = [];
  const tremor = [0, 0];
  const fresh = TREMOR * Math.sqrt(1 - MEMORY * MEMORY);
  let [observation] = env.reset({ seed: 0 });
  observations.push(...observation);
  let along = 0;
  for (let t = 0; t < MOST_STEPS; t++) {
    along = ahead(curve, along, speed);
    const towards = curve(along);
    const action = [towards.x, towards.y].map((coordinate, i) => {
      tremor[i] = MEMORY * tremor[i]! + rng.normal(0, fresh);
      return Math.fround(clamp((coordinate + tremor[i]! - observation[i]!) / stride, -1, 1));
    });
    actions.push(...action);
    const [next, , terminated, , info] = env.step(Float32Array.from(action));
    observation = next;
    observations.push(...observation);
    if (!terminated) continue;
    if (info.outcome !== 'finished' || info.way !== way) return undefined;
    const steps = t + 1;
    return {
      observations: Float32Array.from(observations),
      actions: Float32Array.from(actions),
      rewards: Float64Array.from(atEnd(steps, true)),
      terminations: atEnd(steps, true),
      truncations: atEnd(steps, false),
      policy: 0,
    };
  }
  return undefined;
}

/** Where a walker begins, crosses the rows and ends. */
function crossingsOf(way: string, rng: Rng): readonly Point[] {
  const through = rows.map(({ y, xs }, row) => {
    const gap = Number(way[row]);
    const [before, after] = [xs[gap - 1], xs[gap]];
    const middle =
      before === undefined ? after! - OUTER : after === undefined ? before + OUTER : 0.5 * (before + after);
    return { x: clamp(rng.normal(middle, SPREAD), left + TREMOR, right - TREMOR), y };
  });
  const last = through.at(-1)!;
  return [start, ...through, { x: last.x + rng.normal(0, SPREAD), y: finishY + 0.05 }];
}

/** The curve through the points, cubic between two of them, straight on (0, 1) at each. Point i is at i. @param bow how long it goes straight on */
function curveOf(points: readonly Point[], bow: number): (along: number) => Point {
  return (along) => {
    const i = Math.min(Math.floor(along), points.length - 2);
    const [from, to] = [points[i]!, points[i + 1]!];
    const t = along - i;
    const s = t * t * (3 - 2 * t);
    const pull = bow * (to.y - from.y) * (t * (1 - t) * (1 - t) - t * t * (1 - t));
    return { x: from.x + s * (to.x - from.x), y: from.y + s * (to.y - from.y) + pull };
  };
}

/** The place of the curve that lies a length further, by pieces short enough to be straight. */
function ahead(curve: (along: number) => Point, along: number, length: number): number {
  const piece = 0.002;
  let [at, left] = [along, length];
  for (let from = curve(at); ; ) {
    const to = curve(at + piece);
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const distance = Math.sqrt(dx * dx + dy * dy);
    if (distance >= left) return at + (piece * left) / distance;
    [at, left, from] = [at + piece, left - distance, to];
  }
}

function shuffled<T>(list: readonly T[], rng: Rng): T[] {
  const result = [...list];
  for (let i = result.length - 1; i > 0; i--) {
    const j = rng.integer(0, i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
