import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import type { Job, Outcome } from '../../../cli/experiment/experiment.ts';
import { summarize, writeMetrics } from '../../../cli/experiment/summarize.ts';
import { nodeProblem } from '../../../cli/run/environment.ts';
import { type JobEvents, JobProcess, runJobs } from '../../../cli/run/pool.ts';
import { ProgressDisplay, TimeLeft } from '../../../cli/run/progress.ts';
import { sampleOf } from '../../../cli/run/verifyRun.ts';

function job(policy: string, seed: number, weight = 1): Job {
  return { id: `${policy}/${seed}`, study: 's', env: 'e', policy, seed, weight };
}

function outcome(of: Job, metrics: Record<string, number | null>): Outcome {
  return { job: of, result: { metrics }, rows: [], directory: '', fingerprint: '' };
}

describe('summarize', () => {
  const jobs = [job('a', 4), job('a', 2), job('b', 2), job('b', 4), job('c', 2)];
  const outcomes = [
    outcome(jobs[2]!, { score: 5 }),
    outcome(jobs[1]!, { score: 1, side: null }),
    outcome(jobs[0]!, { score: 3, side: -1 }),
  ];

  it('follows the order of jobs and seeds, not that of the outcomes', () => {
    const expected = [
      { policy: 'a', metric: 'score', iqm: 2, low: 1, high: 3, perSeed: [1, 3] },
      { policy: 'a', metric: 'side', iqm: -1, low: null, high: null, perSeed: [null, -1] },
      { policy: 'b', metric: 'score', iqm: 5, low: null, high: null, perSeed: [5, null] },
      ...['b side', 'c score', 'c side'].map((name) => {
        const [policy, metric] = name.split(' ');
        return { policy, metric, iqm: null, low: null, high: null, perSeed: [null, null] };
      }),
    ].map((row) => ({ study: 's', env: 'e', ...row }));
    expect(summarize(jobs, outcomes, [2, 4])).toEqual(expected);
    expect(summarize(jobs, outcomes.toReversed(), [2, 4])).toEqual(expected);
  });

  it('takes a share that a finished job does not name for 0', () => {
    const shares = [outcome(jobs[1]!, { 'outcome/left': 1 }), outcome(jobs[2]!, { 'outcome/right': 0.5, score: 2 })];
    const perSeed = summarize(jobs.slice(0, 4), shares, [2, 4]).map((row) => [row.policy, row.metric, ...row.perSeed]);
    expect(perSeed).toEqual([
      ['a', 'outcome/left', 1, null],
      ['a', 'outcome/right', 0, null],
      ['a', 'score', null, null],
      ['b', 'outcome/left', 0, null],
      ['b', 'outcome/right', 0.5, null],
      ['b', 'score', 2, null],
    ]);
  });
});

describe('writeMetrics', () => {
  it('unites the columns of all rows and quotes what needs it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'oxbow-metrics-'));
    writeMetrics(folder, [
      { job: 'a', step: 1, loss: 0.5 },
      { job: 'b', step: 2, note: 'say "no", twice' },
      { job: 'b', step: 3, loss: null, note: true },
    ]);
    expect(readFileSync(join(folder, 'metrics.csv'), 'utf8')).toBe(
      'job,step,loss,note\na,1,0.5,\nb,2,,"say ""no"", twice"\nb,3,,true\n',
    );
    expect(readFileSync(join(folder, 'metrics.jsonl'), 'utf8')).toBe(
      '{"job":"a","step":1,"loss":0.5}\n{"job":"b","step":2,"note":"say \\"no\\", twice"}\n{"job":"b","step":3,"loss":null,"note":true}\n',
    );
    expect(readdirSync(folder)).toHaveLength(2);
  });
});

describe('TimeLeft', () => {
  it('counts work by weight, at the pace so far', () => {
    let now = 0;
    const jobs = [job('a', 0, 6), job('b', 0, 2), job('c', 0, 2)];
    const estimate = new TimeLeft(jobs, () => now);
    now = 60_000;
    // Whatever the start-up took, nothing is known before work is done for a while.
    estimate.update(jobs[1]!, 0);
    now = 69_999;
    estimate.update(jobs[1]!, 1);
    expect(estimate.seconds).toBeUndefined();
    now = 70_000;
    estimate.update(jobs[0]!, 1 / 3);
    expect(estimate.fraction).toBeCloseTo(0.4, 12);
    // 4 of 10 units in 10 s: 6 are left.
    expect(estimate.seconds).toBeCloseTo(15, 9);
    estimate.update(jobs[2]!, 1);
    estimate.update(jobs[0]!, 1);
    expect(estimate.seconds).toBe(0);
  });
});

describe('what a job says', () => {
  it.each([false, true])('does nothing to a terminal but to be read (terminal: %s)', (isTTY) => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    let written = '';
    const stream = Object.assign(new PassThrough(), {
      ...{ isTTY, columns: 200, cursorTo() {}, clearLine() {}, moveCursor() {} },
    });
    stream.on('data', (data) => {
      written += data;
    });
    try {
      const display = new ProgressDisplay([job('a', 0)], stream as unknown as NodeJS.WriteStream);
      const evil = '\u001b]0;owned\u0007\u202e\u009b2J';
      now.mockReturnValue(5001);
      display.update(job('a', 0), 0.5, `state ${evil}`);
      display.log(`line ${evil}`);
      display.close();
    } finally {
      now.mockRestore();
    }
    for (const what of ['state', 'line']) expect(written).toContain(`${what} \\x1b]0;owned\\x07\\u202e\\x9b2J`);
    for (const sign of ['\u001b]', '\u0007', '\u202e', '\u009b']) expect(written).not.toContain(sign);
  });
});

describe('runJobs', () => {
  it.each([1, 5])('does the heaviest first, by %i workers', async (workers) => {
    const done: string[] = [];
    vi.spyOn(JobProcess.prototype, 'perform').mockImplementation(async ({ job }) => done.push(job.id));
    const events = { finished() {} } as unknown as JobEvents;
    const { signal } = new AbortController();
    const jobs = [job('light', 0, 1), job('heavy', 0, 9), job('usual', 0, 4)];
    await runJobs(jobs, () => ({ directory: '.', logs: '' }), { workers, signal } as never, events);
    expect(done).toEqual(['heavy/0', 'usual/0', 'light/0']);
  });
});

describe('nodeProblem', () => {
  it('is undefined from the version on that package.json wants', () => {
    for (const version of ['20.16.0', '20.20.2', '22.0.0', '24.1.0']) expect(nodeProblem(version)).toBeUndefined();
    expect(nodeProblem()).toBeUndefined();
    for (const version of ['18.20.8', '20.15.1', '8.0.0']) {
      expect(nodeProblem(version)).toMatch(new RegExp(`^Node ${version} is too old, expected >=20.16`));
    }
  });
});

const all = Array.from({ length: 40 }, (_, i) => i);

describe('a sample', () => {
  it.each([
    [0.001, 1],
    [0.025, 1],
    [0.026, 2],
    [0.5, 20],
    [1, 40],
  ])('of the share %d has at least that, and one at least', (share, count) => {
    const sample = sampleOf(all, share);
    expect(sample).toHaveLength(count);
    expect(sample).toEqual([...new Set(sample)].sort((a, b) => a - b));
    expect(sampleOf([], share)).toEqual([]);
  });
});
