import { arrayOf, type Dtype, dtypeOf, type NumberArray } from './storedEpisode.ts';

/**
 * Numbers as a type stores them.
 * @param where begins the error
 * @throws if one becomes another by that: rounding to float32 is what the type is for, but not a number that it has not
 */
export function converted(where: string, values: NumberArray | readonly number[], dtype: Dtype): NumberArray {
  if (!Array.isArray(values) && dtypeOf(values as NumberArray) === dtype) return values as NumberArray;
  const result = arrayOf(dtype, values);
  const isFloat = dtype.startsWith('float');
  const wrong = result.findIndex((value: number, i: number) =>
    isFloat ? !Number.isFinite(value) && Number.isFinite(values[i]) : value !== values[i],
  );
  if (wrong >= 0) throw new Error(`${where}: ${values[wrong]} is no ${dtype}, as which they are stored`);
  return result;
}
