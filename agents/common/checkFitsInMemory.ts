/**
 * Checks that things which are kept fit in the machine's memory; where that is not known, as in a browser, they do.
 * @param where what asks for it, as errors begin: `Sac: bufferSize`
 * @param what they are: `transitions`
 * @param bytes of each
 * @param memory in bytes
 * @throws if they cannot
 */
export function checkFitsInMemory(
  where: string,
  count: number,
  what: string,
  bytes: number,
  memory = memoryOfMachine(),
): void {
  if (count * bytes <= memory) return;
  const gigabytes = (size: number) => `${(size / 1e9).toFixed(1)} GB`;
  throw new Error(
    `${where}: ${count} ${what} of ${bytes} bytes take ${gigabytes(count * bytes)}, and there are ${gigabytes(memory)} of memory: ` +
      `expected at most ${Math.floor(memory / bytes)}`,
  );
}

/** Bytes, those that a container may have if that is less. */
function memoryOfMachine(): number {
  const { process } = globalThis as { process?: typeof globalThis.process };
  const total = process?.getBuiltinModule?.('node:os')?.totalmem() || Number.POSITIVE_INFINITY;
  // 0 or a huge number where there is no limit.
  return Math.min(total, process?.constrainedMemory?.() || Number.POSITIVE_INFINITY);
}
