/**
 * The elementary functions of the WebAssembly engine against float64, in units of the last place. By default a sample of all binades;
 * `--exhaustive` takes every float32 (minutes for each function), `--only exp,log` some functions.
 */
import { parseArgs } from 'node:util';
import { textTable } from '../experiments/harness/report/table.ts';
import { type Accuracy, BLOCK, compare, MATH_FUNCTIONS } from '../test/engine/wasm/mathFunctions.ts';

const { values } = parseArgs({ options: { exhaustive: { type: 'boolean' }, only: { type: 'string' } } });
const names = values.only?.split(',') ?? Object.keys(MATH_FUNCTIONS);
const unknown = names.find((name) => !(name in MATH_FUNCTIONS));
if (unknown !== undefined) {
  process.stderr.write(`--only: got ${unknown}, expected some of ${Object.keys(MATH_FUNCTIONS).join(', ')}\n`);
  process.exit(2);
}

/** Odd, so that the low bits change too. */
const step = values.exhaustive ? 1 : 1009;
const patterns = new Uint32Array(BLOCK);
const floats = new Float32Array(patterns.buffer);
const rows = names.map((name) => {
  const f = MATH_FUNCTIONS[name]!;
  const accuracy: Accuracy = { ulps: 0, at: 0, wrong: [] };
  let count = 0;
  for (let first = 0; first < 2 ** 32; first += BLOCK * step) {
    let size = 0;
    for (let pattern = first; size < BLOCK && pattern < 2 ** 32; pattern += step) patterns[size++] = pattern;
    compare(f, floats.subarray(0, size), accuracy);
    count += size;
  }
  const isGood = accuracy.ulps <= f.ulps && accuracy.wrong.length === 0;
  if (!isGood) process.exitCode = 1;
  const row = [
    name,
    String(count),
    accuracy.ulps.toFixed(3),
    String(accuracy.at),
    String(f.ulps),
    String(accuracy.wrong.length),
  ];
  process.stdout.write(`${isGood ? '✓' : '✗'} ${row.join('  ')}\n`);
  return row;
});
const columns = ['function', 'floats', 'largest error, ulp', 'at', 'allowed', 'wrong zeros, infinities, NaN'];
process.stdout.write(`\n${textTable({ title: 'Elementary functions', columns, rows })}\n`);
