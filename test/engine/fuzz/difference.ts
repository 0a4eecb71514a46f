import type { Program } from './program.ts';
import { type Numbers, type Results, runCompiled, runPerturbed, runReference } from './run.ts';

/** How the elements compared so far were judged. */
export interface Tally {
  programs: number;
  /** Programs that eager and compiled both refuse. */
  refused: number;
  /** Programs with mistakes that only compiled refuses. */
  stricter: number;
  equal: number;
  /** Within the rounding that other correct kernels would have. */
  close: number;
  /** Rounding decides them: as likely as not a NaN, an infinity, another integer. */
  open: number;
}

export const newTally = (): Tally => ({ programs: 0, refused: 0, stricter: 0, equal: 0, close: 0, open: 0 });

/** Perturbed runs that show how far rounding carries; and how many more before a difference counts. */
const RUNS = 4;
const MORE_RUNS = 100;

type Outcome = { readonly results: Results } | { readonly error: Error };

function attempt(run: () => Results): Outcome {
  try {
    return { results: run() };
  } catch (error) {
    return { error: error as Error };
  }
}

const isSame = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));

type Verdict = 'close' | 'open' | 'different';

/** Whether `got` may stand for `wanted`, of which rounding may make any of `others`. */
function judge(got: number, wanted: number, others: readonly number[], dtype: string): Verdict {
  if (dtype !== 'float32') return others.some((other) => other !== wanted) ? 'open' : 'different';
  let reach = 0;
  for (const other of others) {
    if (isSame(other, wanted)) continue;
    if (!Number.isFinite(other) || !Number.isFinite(wanted)) return 'open';
    reach = Math.max(reach, Math.abs(other - wanted));
  }
  return Number.isFinite(got) && Math.abs(got - wanted) <= 2 * reach ? 'close' : 'different';
}

/**
 * How compiled differs from eager for this program, undefined if it does not. What eager refuses compiled must refuse; of programs with
 * mistakes it may refuse more.
 *
 * Equal numbers are equal, NaN equals NaN. Where numbers differ, the program runs eagerly with the roundings of its inexact
 * kernels at random (Monte Carlo arithmetic): compiled may be as far from eager as twice the farthest of those runs, and is free
 * where these do not agree on what is NaN, infinite or which integer it is.
 */
export function differenceOf(
  program: Program,
  tally: Tally = newTally(),
  run: (program: Program) => Results = runCompiled,
): string | undefined {
  tally.programs++;
  const eager = attempt(() => runReference(program));
  const compiled = attempt(() => run(program));
  if ('error' in eager) {
    if ('error' in compiled) tally.refused++;
    return 'error' in compiled ? undefined : `eager refuses (${eager.error.message}), compiled does not`;
  }
  if ('error' in compiled) {
    const isNonsense = program.steps.some(({ mistake }) => mistake !== undefined);
    if (!isNonsense || !compiled.error.message.startsWith("compile('fuzz'): tf.")) {
      return `compiled refuses: ${compiled.error.message}`;
    }
    tally.stricter++;
    return undefined;
  }
  const perturbed: Results[] = [];
  const others = (key: string, i: number): number[] => perturbed.map((run) => run.get(key)!.values[i]!);
  for (const [key, wanted] of eager.results) {
    const got = compiled.results.get(key);
    const shape = describe(got);
    if (got === undefined || shape !== describe(wanted)) return `${key} is ${shape}, eager ${describe(wanted)}`;
    for (let i = 0; i < wanted.values.length; i++) {
      const [a, b] = [got.values[i]!, wanted.values[i]!];
      if (isSame(a, b)) {
        tally.equal++;
        continue;
      }
      let verdict: Verdict = 'different';
      for (const runs of [RUNS, MORE_RUNS]) {
        const seeds = Array.from({ length: runs }, (_, seed) => seed).slice(perturbed.length);
        perturbed.push(...runPerturbed(program, seeds));
        verdict = judge(a, b, others(key, i), wanted.dtype);
        if (verdict !== 'different') break;
      }
      if (verdict === 'different') {
        const spread = [...new Set(others(key, i))].sort((x, y) => x - y);
        return `${key}[${i}] is ${a}, eager ${b}; with other roundings ${spread[0]} to ${spread.at(-1)}`;
      }
      tally[verdict]++;
    }
  }
  return undefined;
}

function describe(numbers: Numbers | undefined): string {
  return numbers === undefined ? 'missing' : `${numbers.dtype} [${numbers.shape}]`;
}
