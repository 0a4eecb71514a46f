import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Golden, GoldenEpisode } from '../../test/envs/mujoco/golden.ts';

const folder = join(import.meta.dirname, '../../test/envs/mujoco/golden');
/** An observation with more numbers stands in a file only where the first episode ends, and others whose observations are shorter or longer. */
const LONGEST = 40;
const DIGITS = 10;

/** Writes what a test holds of a task, or compares it with what is written. */
export function writeGolden(name: string, { model, episodes }: Golden, { isWritten }: { isWritten: boolean }): void {
  const usual = episodes[0]!.observation!.length;
  const kept = { model, episodes: episodes.map((one, i) => shortened(one, i === 0, usual)) };
  const file = join(folder, `${name}.json`);
  const text = `{"model":${JSON.stringify(model)},\n"episodes":[\n${kept.episodes.map((one) => JSON.stringify(one)).join(',\n')}\n]}\n`;
  if (isWritten) writeFileSync(file, text);
  expect(existsSync(file), `${file} is not there: --golden writes it`).toBe(true);
  const stored = JSON.parse(readFileSync(file, 'utf8')) as Golden;
  expect(stored.model).toEqual(model);
  // The last digits of a native library are those of a machine.
  expect(rounded(stored.episodes, 8)).toEqual(rounded(kept.episodes, 8));
}

function shortened(
  { options, state, observation, info, steps }: GoldenEpisode,
  isFirst: boolean,
  usual: number,
): GoldenEpisode {
  const isShort = observation!.length <= LONGEST;
  const isTold = isShort || isFirst || observation!.length !== usual;
  const seen = (step: number) =>
    (isShort && isFirst) || (isTold && step === steps.length - 1) ? {} : { observation: undefined };
  return {
    options,
    state,
    ...(isShort && { observation: rounded(observation, DIGITS) as number[] }),
    info: rounded(info, DIGITS) as GoldenEpisode['info'],
    steps: steps.map((one, step) => ({
      ...(rounded({ ...one, ...seen(step) }, DIGITS) as GoldenEpisode['steps'][number]),
      // So many digits are those of a float32.
      action: rounded(one.action, 9) as number[],
    })),
  };
}

/** With so many digits, at whatever depth. */
function rounded(value: unknown, digits: number): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(digits));
  if (Array.isArray(value)) return value.map((each) => rounded(each, digits));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, rounded(each, digits)]));
}
