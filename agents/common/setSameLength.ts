type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array;

/**
 * Copies arrays of a state into those that hold it.
 * @param pairs target and source by name
 * @throws if a source is missing or of another length or type; nothing is changed then
 */
export function setSameLength(pairs: Readonly<Record<string, readonly [target: Numbers, source: Numbers]>>): void {
  for (const [name, [target, source]] of Object.entries(pairs)) {
    if (source?.constructor === target.constructor && source.length === target.length) continue;
    throw new Error(
      `${name}: got ${source?.constructor.name} of ${source?.length} numbers, expected a ${target.constructor.name} of ${target.length}`,
    );
  }
  for (const [target, source] of Object.values(pairs)) target.set(source);
}
