import { show } from '../options/describeIssue.ts';

/**
 * Writes the mask of an action as the end of an observation has it: 1 or 0 for each choice, those of one entry after another's.
 * @param nvec how many choices each entry has
 * @param given as many numbers or booleans, or an array of them for each entry
 * @param isLast whether nothing is done after the observation: then all is allowed where there is no mask, and one may allow nothing
 * @throws if it is no such mask
 */
export function writeMask(
  nvec: readonly number[],
  given: unknown,
  target: Float32Array,
  offset: number,
  { isLast = false }: { isLast?: boolean } = {},
): void {
  const count = nvec.reduce((sum, n) => sum + n, 0);
  if (given == null) {
    if (!isLast)
      throw new Error('actionMask: got none, expected one for every observation, as the policy masks actions');
    target.fill(1, offset, offset + count);
    return;
  }
  const parts = given as ArrayLike<unknown>;
  const isNested = typeof parts[0] === 'object' && parts[0] !== null;
  const isWhole = parts.length === (isNested ? nvec.length : count);
  let at = 0;
  for (let i = 0; i < nvec.length; i++) {
    const n = nvec[i]!;
    const entry = isNested ? (parts[i] as ArrayLike<unknown>) : parts;
    if (!isWhole || (isNested && entry?.length !== n)) refuse(nvec, given);
    let allowed = 0;
    for (let k = 0; k < n; k++) {
      const value = Number(entry[isNested ? k : at]);
      if (value !== 0 && value !== 1) refuse(nvec, given);
      target[offset + at++] = value;
      allowed += value;
    }
    if (allowed === 0 && !isLast) {
      throw new Error(`actionMask: got ${shown(given)}, expected one that allows something`);
    }
  }
}

function refuse(nvec: readonly number[], given: unknown): never {
  const count = nvec.reduce((sum, n) => sum + n, 0);
  const parted = nvec.length > 1 ? ` (${nvec.join(' + ')})` : '';
  throw new Error(`actionMask: got ${shown(given)}, expected ${count}${parted} numbers, each 0 or 1`);
}

function shown(mask: unknown): string {
  return show(ArrayBuffer.isView(mask) ? Array.from(mask as Int8Array) : mask);
}
