import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { interquartileInterval } from '../experiments/harness/statistics/interquartileInterval.ts';

const docs = resolve(import.meta.dirname, '../docs');
const page = readFileSync(resolve(docs, 'lake.md'), 'utf8');

/** What a stored run came to. */
interface Stored {
  readonly experiments: Record<string, { readonly measured: string; readonly verdict: string }>;
  readonly results: readonly Row[];
}

const stored = (name: string) =>
  JSON.parse(readFileSync(resolve(docs, `results/${name}/summary.json`), 'utf8')) as Stored;
const { experiments, results } = stored('lake');
/** The later run, of E0 and E2. */
const anew = stored('endpoints');

interface Row {
  readonly study: string;
  readonly env: string;
  readonly condition?: string;
  readonly policy: string;
  readonly metric: string;
  readonly iqm: number;
  readonly low: number;
  readonly high: number;
  readonly perSeed: readonly number[];
}

/** What a reader sees: neither addresses nor tags. */
const visible = page.replace(/\]\([^)]*\)/g, ']').replace(/<[^>]*>/g, '');

test('somebody who needs an answer finishes the page: at most 900 words and 60 numbers', () => {
  expect(visible.split(/\s+/).filter((word) => /\w/.test(word)).length).toBeLessThanOrEqual(900);
  expect(visible.match(/\d+(?:[.,]\d+)*/g)!.length).toBeLessThanOrEqual(60);
});

/** The rows of the table in a study's section, its heading first. */
function table(code: string): string[][] {
  const [section] = new RegExp(`^## ${code}: .*?(?=^## )`, 'ms').exec(page)!;
  const rows = section.split('\n').filter((line) => line.startsWith('|') && !line.startsWith('| ---'));
  return rows.map((line) => line.slice(2, -2).split(' | '));
}

function row(of: Partial<Row>, among = results): Row {
  const found = among.filter((candidate) =>
    (Object.keys({ condition: undefined, ...of }) as (keyof Row)[]).every((key) => candidate[key] === of[key]),
  );
  expect(found, JSON.stringify(of)).toHaveLength(1);
  return found[0]!;
}

/** A measure as a cell of the page has it: rounded as there, and with its interval where the cell has one. */
function expectCell(cell: string, of: Partial<Row>, among = results): void {
  expectNumbers(cell, row(of, among));
}

function expectNumbers(cell: string, { iqm, low, high }: Pick<Row, 'iqm' | 'low' | 'high'>): void {
  const [digits, percent] = cell.includes('%') ? [1, 100] : [/^\d+\.(\d+)/.exec(cell)![1]!.length, 1];
  const [value, from, to] = [iqm, low, high].map((number) => (percent * number).toFixed(digits));
  const unit = percent === 100 ? ' %' : '';
  expect(cell).toBe(cell.includes('[') ? `${value}${unit} [${from}, ${to}]` : `${value}${unit}`);
}

const atLeast = (share: number, of: Partial<Row>): string =>
  String(row(of).perSeed.filter((value) => value >= share).length);

describe('every number of a table is that of the stored run', () => {
  test('E1: cloning', () => {
    const [, ...rows] = table('E1');
    expect(rows.map(([name]) => name)).toEqual(['Gaussian', 'mixture of six', 'spline']);
    for (const [i, policy] of ['gaussian', 'mixture', 'spline'].entries()) {
      const of = { study: 'cloning', policy, metric: 'drownRate' };
      expectCell(rows[i]![1]!, { ...of, env: 'LakeStride-v0' });
      expectCell(rows[i]![2]!, { ...of, env: 'Lake-v0' });
    }
  });

  test('E0: returns of the seeds that get home, on the stride lake', () => {
    const [heading, returns] = table('E0');
    expect(heading).toEqual(['Gaussian', 'mixture of three', 'RealNVP', 'spline']);
    for (const [i, policy] of ['gaussian', 'mixture', 'realnvp', 'spline'].entries()) {
      const of = { study: 'arrival', env: 'LakeStride-v0', policy };
      const arrive = row({ ...of, metric: 'homeRate' }, anew.results).perSeed.map((home) => home >= 0.9);
      const own = row({ ...of, metric: 'return' }, anew.results).perSeed.filter((_, seed) => arrive[seed]);
      expectNumbers(returns![i]!, interquartileInterval(own) as Row);
    }
  });

  test('E2: nats a step to the soft optimum, and the least of each class', () => {
    const [, ...rows] = table('E2');
    expect(rows.map(([name]) => name)).toEqual(['Gaussian', 'mixture of six', 'spline']);
    for (const [i, policy] of ['gaussian', 'mixture', 'spline'].entries()) {
      const of = { env: 'LakeStride-v0', policy, metric: 'natsAStep' };
      expectCell(rows[i]![1]!, { ...of, study: 'soft-ppo-0.1' }, anew.results);
      expectCell(rows[i]![2]!, { ...of, study: 'floors', condition: 'tau-0.1' }, anew.results);
    }
  });

  test('E3: seeds that get home on the other bank', () => {
    const [heading, seeds] = table('E3');
    expect(heading).toEqual(['Gaussian', 'mixture of two', 'mixture of six', 'spline']);
    expect(seeds).toEqual(
      ['gaussian', 'mixture-2', 'mixture', 'spline'].map((policy) =>
        atLeast(0.9, { study: 'blocked', policy, metric: 'success8' }),
      ),
    );
  });

  test.each([
    [
      'E4',
      ['Gaussian', 'mixture of six', 'spline'],
      ['gaussian', 'mixture', 'spline'].map((policy) => ({ study: 'opponent', policy, metric: 'minimaxValue' })),
    ],
    [
      'E5',
      ['σ = 1, fixed', 'σ learned'],
      ['scale-1', 'learned'].map((condition) => ({
        study: 'fixed-scale',
        env: 'Lake-v0',
        condition,
        metric: 'drownRate',
      })),
    ],
    [
      'E7',
      ['no noise', 'noise of each step', 'noise of the episode'],
      ['gaussian', 'step-noise', 'episode-noise'].map((policy) => ({
        study: 'other-ways',
        policy,
        condition: 'cloned',
        metric: 'drownRate',
      })),
    ],
  ])('%s', (code, names, measures) => {
    const [heading, cells] = table(code);
    expect(heading).toEqual(names);
    for (const [i, of] of measures.entries()) expectCell(cells![i]!, of);
  });

  test('E6: the lesser bank', () => {
    const [heading, [name, constant, annealed] = []] = table('E6');
    expect([heading, name]).toEqual([['policy', 'constant', 'annealed'], 'spline']);
    const of = { study: 'annealing', policy: 'spline', metric: 'lesserShare' };
    expectCell(constant!, { ...of, condition: 'tau-0.02-constant' });
    expectCell(annealed!, { ...of, condition: 'tau-0.02-annealed' });
  });
});

test('the shares of the answer are those of the tables', () => {
  const [, [, gaussian], , [, spline]] = table('E1') as [string[], string[], string[], string[]];
  const answer = page.slice(0, page.indexOf('\n## '));
  expect(answer.match(/[\d.]+ %/g)).toEqual([gaussian, spline].map((cell) => / ?([\d.]+ %)/.exec(cell!)![1]));
});

test('README: the shares are those of the page, rounded', () => {
  const readme = readFileSync(resolve(docs, '../README.md'), 'utf8');
  const shares = table('E1').map(([, cell]) => `${Math.round(Number.parseFloat(cell!))} %`);
  const tries = row({ study: 'blocked', policy: 'spline', metric: 'success8' }).iqm;
  const [answer] = /^- \*\*Demonstrators.*?(?=^- \*\*Return)/ms.exec(readme)!;
  expect(answer.match(/\d+ %/g)).toEqual([...shares.slice(1), `${Math.round(100 * tries)} %`]);
});

const WORDS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];
const inWords = (n: string): string => WORDS[Number(n)] ?? n;

/** How many clauses hold, as a run says it: `5 of 7 clauses hold, 1 undecided`. One that says whether all do lists each. */
function countOf({ verdict, measured }: { readonly verdict: string; readonly measured: string }): string {
  if (/clauses hold|assay failed/.test(verdict)) return verdict;
  const clauses = measured.split('; ');
  const ends = (words: string) => clauses.filter((clause) => clause.endsWith(words)).length;
  const undecided = ends('not decided');
  const held = clauses.length - undecided - ends('does not hold');
  return `${held} of ${clauses.length} clauses hold${undecided === 0 ? '' : `, ${undecided} undecided`}`;
}

test.each([
  ...Object.entries(experiments).map((entry) => [...entry, 'Prediction'] as const),
  ...Object.entries(anew.experiments).map((entry) => [...entry, 'Prediction anew'] as const),
])('%s: as many clauses of the prediction hold as the run says', (code, conclusion, begin) => {
  const [section] = new RegExp(`^## ${code}: .*?(?=^## )`, 'ms').exec(page)!;
  const [, told] = new RegExp(`^${begin}: ([^.]*)\\.`, 'm').exec(section)!;
  const count = countOf(conclusion)
    .replace(/^(\d+) of \1 /, 'all $1 ')
    .replace(/^0 of /, 'none of ')
    .replace(/(?<=, )\d+(?= undecided)/, (n) => `${n} ${n === '1' ? 'is' : 'are'}`)
    .replace(/\d+/g, inWords);
  expect(told).toBe(count);
});
