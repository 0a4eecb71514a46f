import { z } from 'zod';
import { describeIssue, show } from '../options/describe.ts';
import { Box } from './box.ts';
import { Dict, Tuple } from './composite.ts';
import { Discrete, MultiBinary, MultiDiscrete } from './discrete.ts';
import type { Space } from './space.ts';
import { Text } from './text.ts';

/** Bounds, nested as the shape says; JSON has no infinities. */
type Bounds = number | 'Infinity' | '-Infinity' | readonly Bounds[];

/** A space in JSON, as Minari writes them, but for infinite bounds, which are texts here. */
export type SpaceJson =
  | { type: 'Box'; dtype: string; shape: number[]; low: Bounds; high: Bounds }
  | { type: 'Discrete'; dtype?: string | undefined; start: number; n: number }
  | { type: 'MultiDiscrete'; dtype?: string | undefined; nvec: number[]; start: number[] }
  | { type: 'MultiBinary'; n: number | number[] }
  | { type: 'Dict'; subspaces: Record<string, SpaceJson> }
  | { type: 'Tuple'; subspaces: SpaceJson[] }
  | { type: 'Text'; min_length: number; max_length: number; charset: string };

/** Of boxes of booleans, Minari writes booleans. */
const bounds: z.ZodType<Bounds> = z.lazy(() =>
  z.union([z.number(), z.literal('Infinity'), z.literal('-Infinity'), z.boolean().transform(Number), z.array(bounds)]),
);
const integers = z.array(z.int());

/** Checks the JSON of a space; what else is in it is not looked at. */
export const spaceJsonSchema: z.ZodType<SpaceJson> = z.lazy(() =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('Box'), dtype: z.string(), shape: z.array(z.int()), low: bounds, high: bounds }),
    z.object({ type: z.literal('Discrete'), dtype: z.string().optional(), start: z.int(), n: z.int() }),
    z.object({ type: z.literal('MultiDiscrete'), dtype: z.string().optional(), nvec: integers, start: integers }),
    z.object({ type: z.literal('MultiBinary'), n: z.union([z.int(), z.array(z.int())]) }),
    z.object({ type: z.literal('Dict'), subspaces: z.record(z.string(), spaceJsonSchema) }),
    z.object({ type: z.literal('Tuple'), subspaces: z.array(spaceJsonSchema) }),
    z.object({ type: z.literal('Text'), min_length: z.int(), max_length: z.int(), charset: z.string() }),
  ]),
);

/** Types of numbers of boxes that oxbow has not, and those that hold them. */
const HELD_BY: Readonly<Record<string, 'float32' | 'float64' | 'int32' | 'uint8'>> = {
  float16: 'float32',
  float32: 'float32',
  float64: 'float64',
  bool: 'uint8',
  uint8: 'uint8',
  int8: 'int32',
  int16: 'int32',
  uint16: 'int32',
  int32: 'int32',
  uint32: 'float64',
  int64: 'float64',
  uint64: 'float64',
};

/** @throws if it is none of the spaces of oxbow/envs */
export function spaceToJson(space: Space): SpaceJson {
  if (space instanceof Box) {
    const { dtype, shape, low, high } = space;
    return { type: 'Box', dtype, shape: [...shape], low: nested(low, shape), high: nested(high, shape) };
  }
  if (space instanceof Discrete) return { type: 'Discrete', dtype: 'int64', start: space.start, n: space.n };
  if (space instanceof MultiDiscrete) {
    return { type: 'MultiDiscrete', dtype: 'int64', nvec: [...space.nvec], start: [...space.start] };
  }
  if (space instanceof MultiBinary) return { type: 'MultiBinary', n: [...space.shape] };
  if (space instanceof Dict) {
    const parts = space.names.map((name) => [name, spaceToJson(space.spaces[name] as Space)] as const);
    return { type: 'Dict', subspaces: Object.fromEntries(parts) };
  }
  if (space instanceof Tuple) return { type: 'Tuple', subspaces: (space.spaces as readonly Space[]).map(spaceToJson) };
  if (space instanceof Text && Number.isFinite(space.maxLength) && space.charset !== null) {
    return { type: 'Text', min_length: space.minLength, max_length: space.maxLength, charset: space.charset };
  }
  const got = space instanceof Text ? space : show(space);
  throw new Error(`spaceToJson: ${got} cannot be written down, expected a space of oxbow/envs`);
}

/** @throws one line, if it is no JSON of a space, or its numbers make no space */
export function spaceFromJson(json: SpaceJson): Space {
  const { error } = spaceJsonSchema.safeParse(json);
  if (error === undefined) return spaceOf(json);
  const issue = error.issues[0]!;
  throw new Error(
    `spaceFromJson: ${[...issue.path.map(String), describeIssue(spaceJsonSchema, issue, json, 'part')].join(': ')}`,
  );
}

function spaceOf(json: SpaceJson): Space {
  switch (json.type) {
    case 'Box': {
      const dtype = HELD_BY[json.dtype];
      if (dtype === undefined)
        throw new Error(`spaceFromJson: got a Box of ${json.dtype}, expected ${Object.keys(HELD_BY).join(', ')}`);
      return new Box({ low: flat(json.low), high: flat(json.high), shape: json.shape, dtype });
    }
    case 'Discrete':
      return new Discrete(json.n, json.start);
    case 'MultiDiscrete':
      return new MultiDiscrete(json.nvec, json.start);
    case 'MultiBinary':
      return new MultiBinary(json.n);
    case 'Dict':
      return new Dict(new Map(Object.entries(json.subspaces).map(([name, part]) => [name, spaceOf(part)])));
    case 'Tuple':
      return new Tuple(json.subspaces.map(spaceOf));
    case 'Text':
      return new Text(json.max_length, { minLength: json.min_length, charset: json.charset });
  }
}

/**
 * The spaces of a dataset.
 * @param where begins the errors: the file that has them
 * @throws one line, if one is none
 */
export function spacesFromJson(where: string, spaces: Readonly<Record<'observationSpace' | 'actionSpace', SpaceJson>>) {
  const read = (name: keyof typeof spaces) => {
    try {
      return spaceFromJson(spaces[name]);
    } catch (error) {
      throw new Error(`${where}: ${name}: ${(error as Error).message}`);
    }
  };
  return { observationSpace: read('observationSpace'), actionSpace: read('actionSpace') };
}

function nested(values: ArrayLike<number>, shape: readonly number[]): Bounds {
  if (shape.length === 0) {
    return Number.isFinite(values[0]) ? values[0]! : (String(values[0]) as 'Infinity');
  }
  const [count, ...inner] = shape as [number, ...number[]];
  const size = values.length / count;
  return Array.from({ length: count }, (_, i) =>
    nested(Array.prototype.slice.call(values, i * size, (i + 1) * size), inner),
  );
}

function flat(values: Bounds): number[] {
  return typeof values === 'object' ? values.flatMap(flat) : [Number(values)];
}
