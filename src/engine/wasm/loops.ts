import { assign, type Code, type Expression, i32, local, op } from './code.ts';
import { ELEMENT_BYTES, type View } from './layout.ts';

/**
 * An address: what is in the local variable `pointer` (0 where there is none), and `offset` bytes from there. Wherever loops lead it, the
 * buffer has `below` elements before it, and `above` from it on: no code is written that loads or stores others.
 */
export interface Place {
  readonly pointer: number | undefined;
  readonly offset: number;
  readonly below: number;
  readonly above: number;
}

/** The place of a view's first element. */
export function placeOf(code: Code, { buffer, offset, pointer: given, travel = 0 }: View): Place {
  const begin = buffer.global === undefined ? buffer.address : 0;
  const above = buffer.size - offset - travel;
  if (given !== undefined || buffer.global === undefined) {
    return { pointer: given, offset: begin + ELEMENT_BYTES * offset, below: offset, above };
  }
  const pointer = code.local('i32');
  code.getGlobal(buffer.global);
  code.set(pointer);
  return { pointer, offset: ELEMENT_BYTES * offset, below: offset, above };
}

/** `elements` further along. */
export function shifted({ pointer, offset, below, above }: Place, elements: number): Place {
  return { pointer, offset: offset + ELEMENT_BYTES * elements, below: below + elements, above: above - elements };
}

/** What a place is when it is moved by up to so many elements. */
export function travelled(place: Place, elements: number): Pick<Place, 'below' | 'above'> {
  return { below: place.below + Math.min(0, elements), above: place.above - Math.max(0, elements) };
}

/** @throws if `lanes` elements from a place, `stride` apart, are not all of its buffer */
function checkRoom({ below, above }: Place, stride = 0, lanes = 1): void {
  const last = stride * (lanes - 1);
  if (below + Math.min(0, last) < 0 || above - Math.max(0, last) < 1) {
    throw new Error('a kernel reaches beyond its tensor');
  }
}

/** The pointer of a place, on the stack. */
export function address({ pointer }: Place): Expression {
  return (code) => (pointer === undefined ? code.i32(0) : code.get(pointer));
}

/** One axis of an index space as a loop. */
export interface Axis {
  readonly size: number;
  /** How many indices the body does at once; `size` is a multiple of it. */
  readonly step: number;
}

/** Axes of these sizes, index by index. */
export function each(sizes: readonly number[]): Axis[] {
  return sizes.map((size) => ({ size, step: 1 }));
}

/** A place that moves with the loops, by so many elements for each axis. */
export interface Access {
  readonly place: Place;
  readonly strides: readonly number[];
}

/** From a view's first element on, by its own strides or others. */
export function access(code: Code, view: View, strides = view.strides): Access {
  return { place: placeOf(code, view), strides };
}

/**
 * Loops over an index space, the first axis outermost. Accesses that start and move alike share a pointer.
 *
 * @param body writes the code of one point, or of a step's points, given the places of the accesses there
 */
export function nest(
  code: Code,
  axes: readonly Axis[],
  accesses: readonly Access[],
  body: (places: readonly Place[]) => void,
): void {
  if (axes.some(({ size }) => size === 0)) return;
  const level = (axis: number, places: readonly Place[]): void => {
    if (axis === axes.length) {
      body(places);
      return;
    }
    const { size, step } = axes[axis]!;
    if (size === step) {
      level(axis + 1, places);
      return;
    }
    const moving = new Map<string, { readonly local: number; readonly stride: number }>();
    const inside = accesses.map(({ strides }, i): Place => {
      const place = places[i]!;
      const stride = strides[axis]!;
      if (stride === 0) return place;
      // A pointer that runs downwards ends where the place was, so that it never falls below 0. The first step's own elements, which the
      // body reaches by its offsets, lie below the pointer: those it does not add, lest the offset fall below 0.
      const highest = stride < 0 ? ELEMENT_BYTES * stride * (size - step) : 0;
      const key = `${place.pointer} ${stride}`;
      let pointer = moving.get(key);
      if (pointer === undefined) {
        pointer = { local: code.local('i32'), stride };
        moving.set(key, pointer);
        const start = highest === 0 ? address(place) : op('i32.add', address(place), i32(-highest));
        assign(code, pointer.local, start);
      }
      const { below, above } = travelled(place, stride * (size - step));
      return { pointer: pointer.local, offset: place.offset + highest, below, above };
    });
    code.count(code.local('i32'), 0, size, step, () => {
      level(axis + 1, inside);
      for (const pointer of moving.values()) {
        assign(code, pointer.local, op('i32.add', local(pointer.local), i32(ELEMENT_BYTES * step * pointer.stride)));
      }
    });
  };
  level(
    0,
    accesses.map(({ place }) => place),
  );
}

/** The axes of an index space with those merged along which all accesses run on evenly, and without those of size 1. */
export function merged(
  sizes: readonly number[],
  strides: readonly (readonly number[])[],
): { sizes: number[]; strides: number[][] } {
  const kept: number[] = [];
  const result: number[][] = strides.map(() => []);
  sizes.forEach((size, axis) => {
    if (size === 1) return;
    const last = kept.length - 1;
    if (last >= 0 && strides.every((own, i) => result[i]![last] === size * own[axis]!)) {
      kept[last]! *= size;
      strides.forEach((own, i) => {
        result[i]![last] = own[axis]!;
      });
    } else {
      kept.push(size);
      strides.forEach((own, i) => {
        result[i]!.push(own[axis]!);
      });
    }
  });
  return { sizes: kept, strides: result };
}

/** The axis along which vectors run best: where most accesses move by one element, or do not move. */
export function laneAxis(sizes: readonly number[], strides: readonly (readonly number[])[]): number {
  let best = sizes.length - 1;
  let bestScore = Number.NEGATIVE_INFINITY;
  sizes.forEach((size, axis) => {
    const contiguous = strides.filter((own) => own[axis] === 1).length;
    const still = strides.filter((own) => own[axis] === 0).length;
    // A vector that is filled in part does only a part of the work.
    const score = (4 * contiguous + 3 * still) * (size / Math.ceil(size / 4));
    if (score >= bestScore) {
      best = axis;
      bestScore = score;
    }
  });
  return best;
}

/** What a body of {@link overVectors} does: `start` once a line, `vector` for each four of its elements, or fewer at its end. */
export interface LineBody {
  start?(places: readonly Place[]): void;
  vector(places: readonly Place[], lanes: number): void;
  /** Two full vectors side by side, all loads before all stores: where there is enough to do. */
  pair?(first: readonly Place[], second: readonly Place[]): void;
}

/**
 * Loops over an index space, four elements at once along the axis that suits the views best.
 *
 * @param views what is read and written, with a stride for each axis of the space
 * @param body gets the strides along the lanes
 */
export function overVectors(
  code: Code,
  shape: readonly number[],
  views: readonly View[],
  body: (strides: readonly number[]) => LineBody,
): void {
  const { sizes, strides } = merged(
    shape,
    views.map((view) => view.strides),
  );
  const lanes = laneAxis(sizes, strides);
  const length = sizes[lanes] ?? 1;
  const along = strides.map((own) => own[lanes] ?? 0);
  const without = <T>(list: readonly T[]): T[] => list.filter((_, axis) => axis !== lanes);
  const line = body(along);
  nest(
    code,
    each(without(sizes)),
    views.map((view, i) => access(code, view, without(strides[i]!))),
    (places) => {
      line.start?.(places);
      const rest = length % 4;
      const full = length - rest;
      const inner = places.map((place, i): Access => ({ place, strides: [along[i]!] }));
      const paired = line.pair === undefined || full < 8 ? 0 : full - (full % 8);
      if (paired > 0) {
        nest(code, [{ size: paired, step: 8 }], inner, (at) =>
          line.pair!(
            at,
            at.map((place, i) => shifted(place, 4 * along[i]!)),
          ),
        );
      }
      if (full > paired) {
        const tail = inner.map(
          ({ place, strides }): Access => ({ place: shifted(place, paired * strides[0]!), strides }),
        );
        nest(code, [{ size: full - paired, step: 4 }], tail, (at) => line.vector(at, 4));
      }
      if (rest > 0) {
        line.vector(
          places.map((place, i) => shifted(place, full * along[i]!)),
          rest,
        );
      }
    },
  );
}

/** Four lanes, `stride` elements apart, from a place; only the first `lanes` of them need to be right. */
export function loadLanes(place: Place, stride: number, lanes = 4): Expression {
  checkRoom(place, stride, lanes);
  const base = address(place);
  if (stride === 1 || stride === 0) {
    const instruction = stride === 1 ? 'v128.load' : 'v128.load32_splat';
    return (code) => {
      base(code);
      code.memory(instruction, place.offset);
    };
  }
  return (code) => {
    const vector = code.local('v128');
    base(code);
    code.memory('v128.load32_zero', place.offset);
    code.set(vector);
    for (let lane = 1; lane < lanes; lane++) {
      laneAddress(code, place, stride * lane);
      code.get(vector);
      code.memory('v128.load32_lane', laneOffset(place, stride * lane), lane);
      code.set(vector);
    }
    code.get(vector);
  };
}

/** The number at a place. */
export function loadScalar(place: Place, type: 'f32' | 'i32' = 'i32'): Expression {
  checkRoom(place);
  return (code) => {
    address(place)(code);
    code.memory(`${type}.load`, place.offset);
  };
}

export function storeScalar(code: Code, place: Place, value: Expression, type: 'f32' | 'i32' = 'i32'): void {
  checkRoom(place);
  address(place)(code);
  value(code);
  code.memory(`${type}.store`, place.offset);
}

/** Stores the first `lanes` lanes, `stride` elements apart. */
export function storeLanes(code: Code, place: Place, stride: number, value: Expression, lanes = 4): void {
  checkRoom(place, stride, lanes);
  if (stride === 1 && lanes === 4) {
    address(place)(code);
    value(code);
    code.memory('v128.store', place.offset);
    return;
  }
  for (let lane = 0; lane < lanes; lane++) {
    laneAddress(code, place, stride * lane);
    value(code);
    code.memory('v128.store32_lane', laneOffset(place, stride * lane), lane);
  }
}

// An instruction's own offset cannot be negative, nor can a pointer, which is read without a sign.
function laneAddress(code: Code, place: Place, elements: number): void {
  address(place)(code);
  if (place.offset + ELEMENT_BYTES * elements < 0) {
    code.i32(ELEMENT_BYTES * elements);
    code.op('i32.add');
  }
}

function laneOffset({ offset }: Place, elements: number): number {
  const along = offset + ELEMENT_BYTES * elements;
  return along < 0 ? offset : along;
}
