/**
 * Against float64: every bijector of the property suite, eager and compiled, and the elementary functions of the WebAssembly
 * engine, in units of the last place. By default functions see a sample of all binades; `--exhaustive` takes every float32 (minutes
 * for each function). `--only exp,Softplus` takes some functions, and the bijectors in whose names one of the words stands.
 */
import { parseArgs } from 'node:util';
import { textTable } from '../cli/report/table.ts';
import { selectBackend, selectEngine } from '../src/index.ts';
import { registry } from '../test/bijectors/registry.ts';
import { type Accuracy, BLOCK, compare, MATH_FUNCTIONS } from '../test/engine/wasm/mathFunctions.ts';
import { type BijectorErrors, errorsOf } from './bijectorErrors.ts';

const { values } = parseArgs({ options: { exhaustive: { type: 'boolean' }, only: { type: 'string' } } });
const only = values.only?.split(',');
const names = only?.filter((name) => name in MATH_FUNCTIONS) ?? Object.keys(MATH_FUNCTIONS);
const bijectors = registry.filter(({ name }) => only?.some((word) => name.includes(word)) ?? true);
const unknown = only?.find((word) => !(word in MATH_FUNCTIONS) && !registry.some(({ name }) => name.includes(word)));
if (unknown !== undefined) {
  const functions = Object.keys(MATH_FUNCTIONS).join(', ');
  process.stderr.write(
    `--only: got ${unknown}, expected some of ${functions}, or a word of a bijector's name, as Softplus\n`,
  );
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
if (rows.length > 0) process.stdout.write(`\n${textTable({ title: 'Elementary functions', columns, rows })}\n`);

/** The largest errors of a log-determinant and of a round trip; a case may have a conditioning of its own. */
const [LOG_DET, ROUND_TRIP] = [1e-5, 1e-4];

if (bijectors.length > 0) {
  await selectBackend();
  process.stdout.write(`\n${(await selectEngine()).line}\n`);
  const shown = ({ forward, inverse, roundTrip }: BijectorErrors) =>
    [forward.value, forward.logDet, inverse.value, inverse.logDet, roundTrip].map((error) => error.toExponential(1));
  const table = bijectors.map((entry) => {
    const [eager, compiled] = (['eager', 'compiled'] as const).map((mode) => errorsOf(entry, mode));
    const times = entry.conditioning ?? 1;
    const isGood = [eager!, compiled!].every(
      ({ forward, roundTrip }) => forward.logDet <= LOG_DET * times && roundTrip <= ROUND_TRIP * times,
    );
    if (!isGood) process.exitCode = 1;
    return [`${isGood ? ' ' : '✗'} ${entry.name}`, ...shown(eager!), ...shown(compiled!)];
  });
  const quantities = ['value', 'log-det', 'inverse', 'its log-det', 'round trip'];
  const columns = ['bijector', ...quantities, ...quantities.map((name) => `compiled: ${name}`)];
  const title = `Bijectors: largest errors (values relative, log-dets absolute); allowed: log-det ${LOG_DET}, round trip ${ROUND_TRIP}`;
  process.stdout.write(`\n${textTable({ title, columns, rows: table })}\n`);
}
