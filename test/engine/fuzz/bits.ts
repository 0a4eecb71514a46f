import type { Program } from './program.ts';
import { type Numbers, runCompiled, runEager } from './run.ts';

/** What a compiled program gives by the selected engine, bit by bit but for those of NaN; or why it gives nothing. */
export function bitsOf(program: Program): string {
  try {
    // The networks that it unrolls are made when it first runs, which a compiled function must not do.
    runEager(program);
    return [...runCompiled(program)].map(([key, numbers]) => `${key} [${numbers.shape}] ${textOf(numbers)}`).join('\n');
  } catch (error) {
    return String(error);
  }
}

function textOf({ dtype, values }: Numbers): string {
  const floats = Float32Array.from(values);
  const bits = new Uint32Array(floats.buffer);
  return dtype !== 'float32'
    ? Array.from(values).join()
    : floats.reduce((text, x, i) => `${text} ${Number.isNaN(x) ? x : bits[i]!.toString(16)}`, dtype);
}
