import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { interquartileInterval } from '../cli/statistics/bootstrap.ts';

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

test('somebody who needs an answer finishes the page: at most 950 words and 80 numbers', () => {
  expect(visible.split(/\s+/).filter((word) => /\w/.test(word)).length).toBeLessThanOrEqual(950);
  expect(visible.match(/\d+(?:[.,]\d+)*/g)!.length).toBeLessThanOrEqual(80);
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

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** A share of walks as three cells have it: the interquartile mean, the mean, the worst seed. */
function expectShare(cells: readonly string[], of: Partial<Row>): void {
  const { iqm, perSeed } = row(of);
  expect(cells, JSON.stringify(of)).toEqual([iqm, mean(perSeed), Math.max(...perSeed)].map(percent));
}

const atLeast = (share: number, of: Partial<Row>): string =>
  String(row(of).perSeed.filter((value) => value >= share).length);

describe('every number of a table is that of the stored run', () => {
  test('E1: cloning', () => {
    const [, ...rows] = table('E1');
    expect(rows.map(([name]) => name)).toEqual(['Gaussian', 'mixture of six', 'spline']);
    for (const [i, policy] of ['gaussian', 'mixture', 'spline'].entries()) {
      const of = { study: 'cloning', policy, metric: 'drownRate' };
      expectShare(rows[i]!.slice(1, 4), { ...of, env: 'LakeStride-v0' });
      expectShare(rows[i]!.slice(4), { ...of, env: 'Lake-v0' });
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

  test('E4: the least that an opponent leaves', () => {
    const [heading, cells] = table('E4');
    expect(heading).toEqual(['Gaussian', 'mixture of six', 'spline']);
    for (const [i, policy] of ['gaussian', 'mixture', 'spline'].entries()) {
      expectCell(cells![i]!, { study: 'opponent', policy, metric: 'minimaxValue' });
    }
  });

  test.each([
    [
      'E5',
      ['1, fixed', 'learned'],
      ['scale-1', 'learned'].map((condition) => ({ study: 'fixed-scale', env: 'Lake-v0', condition })),
    ],
    [
      'E7',
      ['none', 'of each step', 'of the episode'],
      ['gaussian', 'step-noise', 'episode-noise'].map((policy) => ({
        study: 'other-ways',
        policy,
        condition: 'cloned',
      })),
    ],
  ])('%s: shares that drown', (code, names, measures) => {
    const [, ...rows] = table(code);
    expect(rows.map(([name]) => name)).toEqual(names);
    for (const [i, of] of measures.entries()) expectShare(rows[i]!.slice(1), { ...of, metric: 'drownRate' });
  });

  test('E6: the lesser bank', () => {
    const [heading, [name, constant, annealed] = []] = table('E6');
    expect([heading, name]).toEqual([['policy', 'constant', 'annealed'], 'spline']);
    const of = { study: 'annealing', policy: 'spline', metric: 'lesserShare' };
    expectCell(constant!, { ...of, condition: 'tau-0.02-constant' });
    expectCell(annealed!, { ...of, condition: 'tau-0.02-annealed' });
  });
});

test('the shares of the answer are the means of the tables', () => {
  const [, [, , gaussian], , [, , spline]] = table('E1') as [string[], string[], string[], string[]];
  const answer = page.slice(0, page.indexOf('\n## '));
  expect(answer.match(/[\d.]+ %/g)).toEqual([gaussian, spline]);
});

test('README: the shares are the means and the worst seeds of the stored run, rounded', () => {
  const readme = readFileSync(resolve(docs, '../README.md'), 'utf8');
  const perSeed = (of: Partial<Row>) => row(of).perSeed;
  const drowned = (policy: string) => perSeed({ study: 'cloning', env: 'LakeStride-v0', policy, metric: 'drownRate' });
  const home = (policy: string) => perSeed({ study: 'blocked', policy, metric: 'success8' });
  const [answer] = /^- \*\*Demonstrators.*?(?=^- \*\*Return)/ms.exec(readme)!;
  expect(answer.match(/\d+ %/g)).toEqual(
    [
      ...['gaussian', 'mixture', 'spline'].map((policy) => mean(drowned(policy))),
      ...['mixture', 'spline'].map((policy) => Math.max(...drowned(policy))),
      mean(home('spline')),
      Math.min(...home('spline')),
      mean(home('mixture')),
    ].map((share) => `${Math.round(100 * share)} %`),
  );
});

test('E0: the page counts the policies that get home, and those of them that use both banks', () => {
  const of = { study: 'arrival', env: 'LakeStride-v0' };
  const rows = (metric: string) => anew.results.filter((each) => each.metric === metric && each.study === of.study);
  const homes = rows('homeRate');
  const balances = homes.flatMap(({ policy, perSeed }) => {
    const balance = row({ ...of, policy, metric: 'modeBalance' }, anew.results).perSeed;
    return balance.filter((_, seed) => perSeed[seed]! >= 0.9);
  });
  const both = balances.filter((share) => share > 0.02);
  expect([balances.length, both.length]).toEqual([139, 2]);
  expect(page).toContain(`All but two of the ${balances.length} policies`);
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
