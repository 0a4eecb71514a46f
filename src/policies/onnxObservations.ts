import * as tf from '@tensorflow/tfjs-core';
import type { FileValue } from '../engine/onnx/read.ts';
import type { BoxSpace, PlainSpace } from '../spaces/plain.ts';
import type { ObservationLayout, ObservationPart } from './observationLayout.ts';
import type { OnnxRoles } from './onnxPolicy.ts';

/** Whether a type of a file is one of real numbers; where it says none they are taken for such. */
export const isReal = (type: string | undefined): boolean => type === undefined || /^(b?float|double)/.test(type);

/**
 * What an input of a file sees of a part of observations: as the environment gives it, bytes and integers as they are, an image with its channels
 * where the sizes of the input have them, an integer one-hot where the input has as many real numbers. An input without an axis of the batch, or
 * with one of time, sees one row at a time.
 * @param part with an empty path for the whole row
 */
export function seenBy(
  { name: input, type, shape: declared }: FileValue,
  layout: ObservationLayout,
  part: ObservationPart,
  channelsFirst: boolean | undefined,
): OnnxRoles['observations'][number] {
  const { at, size, path, shape } = part;
  const cut = (observations: tf.Tensor) =>
    size === observations.shape[1] ? observations : tf.slice(observations, [0, at], [-1, size]);
  const space = path === '' && size === layout.size ? layout.space : spaceAt(layout.space, path);
  if ('n' in space && !takesOneHot(space.n, type, declared)) {
    const index = (observations: tf.Tensor) => tf.add(tf.cast(tf.argMax(cut(observations), 1), 'float32'), space.start);
    return {
      input,
      shape: declared?.length === 2 ? [1] : [],
      axis: declared?.length === 0 ? undefined : 0,
      see: index,
    };
  }
  const raw = part.isScaled && 'low' in space ? (x: tf.Tensor) => unscaled(cut(x), space) : cut;
  if (declared?.length === 2) return { input, shape: [size], axis: 0, see: raw };
  if (shape.length < 2) return ofRow(input, size, declared, raw);
  const isAlone = declared?.length === shape.length;
  const axis = isAlone ? undefined : 0;
  const sizes = isAlone ? declared : declared?.slice(1);
  const fits = (own: readonly number[]) =>
    sizes?.length === own.length && sizes.every((each, i) => typeof each === 'string' || each === own[i]);
  const [height, width, channels] = shape as [number, number, number];
  const turned = [channels, height, width];
  const isTurned = shape.length === 3 && (channelsFirst ?? (!fits(shape) && fits(turned)));
  if (!isTurned) return { input, shape, axis, see: raw };
  const see = (x: tf.Tensor) => tf.transpose(tf.reshape(raw(x), [-1, ...shape]), [0, 3, 1, 2]);
  return { input, shape: turned, axis, see };
}

/** Numbers in a row: one step, where the input has an axis of time, whose place among the first two no file tells. */
function ofRow(
  input: string,
  size: number,
  declared: FileValue['shape'],
  see: (observations: tf.Tensor) => tf.Tensor,
): OnnxRoles['observations'][number] {
  const isStep = declared?.length === 3 && [declared[0], declared[1]].every(isFreeOrOne);
  if (isStep) return { input, shape: [1, 1, size], axis: undefined, see };
  return { input, shape: [size], axis: declared?.length === 1 ? undefined : 0, see };
}

const isFreeOrOne = (size: number | string | undefined): boolean => typeof size === 'string' || size === 1;

function takesOneHot(n: number, type: string | undefined, declared: FileValue['shape']): boolean {
  if (!isReal(type)) return false;
  if (declared?.length === 1) return declared[0] === n && n > 1;
  return declared?.length === 2 && (declared[1] === n || typeof declared[1] === 'string');
}

/** The simple space at a path of names. */
function spaceAt(whole: PlainSpace, path: string): PlainSpace {
  let space = whole;
  for (const key of path.split('.')) {
    if (!('spaces' in space)) return space;
    const { names, spaces } = space;
    space = spaces[names === undefined ? Number(key) : names.indexOf(key)] ?? { size: 0 };
  }
  return space;
}

/** Bytes again of what a policy sees of them. */
function unscaled(seen: tf.Tensor, { low, high }: BoxSpace): tf.Tensor {
  const width = Array.from(high, (bound, i) => bound - low[i]!);
  const isEven = width.every((each) => each === width[0]) && Array.from(low).every((bound) => bound === low[0]);
  const scaled = isEven
    ? tf.add(tf.mul(seen, width[0]!), low[0]!)
    : tf.add(tf.mul(seen, tf.tensor1d(width)), tf.tensor1d(Array.from(low)));
  return tf.round(scaled);
}
