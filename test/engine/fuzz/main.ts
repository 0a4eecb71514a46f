import '../../../src/engine/backend.ts';
import { setImmediate } from 'node:timers/promises';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import fc from 'fast-check';
import { selectEngine } from '../../../src/engine/runtime/engine.ts';
import { arbitraryProgram } from './arbitraryProgram.ts';
import { bitsOf } from './bits.ts';
import { differenceOf, newTally } from './difference.ts';
import { callsOf } from './evaluate.ts';
import type { Program } from './program.ts';

const count = (text: string): number => {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('wanted a whole number.');
  return number;
};

const { programs, seed, bits } = new Command('fuzz')
  .description('Runs random programs compiled and eager, and prints the smallest one that differs.')
  .option('--programs <n>', 'how many programs', count, 20_000)
  .option('--seed <n>', 'of the first 250 programs; the next have the next', count, 1)
  .option('--bits', 'compare what the engines native and wasm give, bit by bit, instead')
  .parse()
  .opts<{ programs: number; seed: number; bits?: true }>();

/** What the programs give by an engine. */
async function bitsBy(engine: string, batch: readonly Program[]): Promise<string[]> {
  await selectEngine(engine);
  return batch.map(bitsOf);
}

/** Programs of one seed. */
const BATCH = 250;

const tally = newTally();
const bar = new SingleBar({
  format: '{bar} {value}/{total} programs, {eta_formatted} left',
  noTTYOutput: true,
  notTTYSchedule: 30_000,
});
bar.start(programs, 0);
let differences = 0;
for (let done = 0; done < programs; done += BATCH) {
  const batchSeed = seed + done / BATCH;
  // The bar of a pipe prints when timers run.
  await setImmediate();
  if (bits) {
    const batch = fc.sample(arbitraryProgram, { seed: batchSeed, numRuns: Math.min(BATCH, programs - done) });
    const [first, second] = [await bitsBy('native', batch), await bitsBy('wasm', batch)];
    batch.forEach((program, i) => {
      if (first[i] === second[i]) return;
      differences++;
      console.log(
        `\nseed ${batchSeed}, program ${i + 1}: native gives\n${first[i]}\nand wasm\n${second[i]}\n${callsOf(program)}\n`,
      );
    });
    bar.update(Math.min(programs, done + BATCH));
    continue;
  }
  const details = fc.check(
    fc.property(arbitraryProgram, (program) => {
      const difference = differenceOf(program, tally);
      if (difference !== undefined) throw new Error(difference);
    }),
    { seed: batchSeed, numRuns: Math.min(BATCH, programs - done) },
  );
  if (details.failed) {
    differences++;
    const program = details.counterexample![0];
    console.log(`\nseed ${batchSeed}, program ${details.numRuns}: ${differenceOf(program)}\n${callsOf(program)}\n`);
  }
  bar.update(Math.min(programs, done + BATCH));
}
bar.stop();
const elements = tally.equal + tally.close + tally.open;
const share = (part: number): string => `${((100 * part) / elements).toFixed(1)} %`;
console.log(
  bits
    ? `${programs} programs, ${differences} differ in their bits`
    : `${tally.programs} programs, ${differences} differences; ${tally.refused} refused by eager and compiled, ${tally.stricter} by compiled alone; of ${elements} numbers ` +
        `${share(tally.equal)} equal, ${share(tally.close)} equal to rounding, ${share(tally.open)} left open by rounding`,
);
if (differences > 0) process.exitCode = 1;
