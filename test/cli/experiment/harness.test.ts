import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import type { Job, Outcome } from '../../../cli/experiment/experiment.ts';
import { summarize, writeMetrics } from '../../../cli/experiment/summarize.ts';
import { nodeProblem } from '../../../cli/run/environment.ts';
import { formatDuration, progressDisplay, TimeLeft } from '../../../cli/run/progress.ts';
import { nearest } from '../../../src/options/describe.ts';

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

  it('has a row without numbers where nothing could be measured', () => {
    const rows = summarize([jobs[4]!], [outcome(jobs[4]!, { side: null })], [2, 4]);
    expect(rows).toEqual([
      { study: 's', env: 'e', policy: 'c', metric: 'side', iqm: null, low: null, high: null, perSeed: [null, null] },
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
  it('counts work by weight, and waits for the longest job', () => {
    let now = 0;
    const jobs = [job('a', 0, 6), job('b', 0, 2), job('c', 0, 2)];
    const estimate = new TimeLeft(jobs, () => now);
    estimate.workers(2);
    now = 60_000;
    // Whatever the start-up took, nothing is known before work is done for a while.
    estimate.update(jobs[1]!, 0);
    now = 69_999;
    estimate.update(jobs[1]!, 1);
    expect(estimate.seconds).toBeUndefined();
    now = 70_000;
    estimate.update(jobs[0]!, 1 / 3);
    expect(estimate.fraction).toBeCloseTo(0.4, 12);
    // 4 of 10 units in 10 s on 2 workers: 0.2 units a second each. 6 are left, of which 4 are one job's.
    expect(estimate.seconds).toBeCloseTo(20, 9);
    estimate.update(jobs[2]!, 1);
    estimate.update(jobs[0]!, 1);
    expect(estimate.seconds).toBe(0);
  });

  it('counts the workers of a queue that come and go', () => {
    let now = 0;
    const jobs = Array.from({ length: 10 }, (_, seed) => job('a', seed));
    const estimate = new TimeLeft(jobs, () => now);
    estimate.update(jobs[0]!, 0);
    now = 30_000;
    // Nobody worked for 30 s.
    estimate.workers(1);
    now = 40_000;
    estimate.workers(3);
    now = 50_000;
    for (const finished of jobs.slice(0, 4)) estimate.update(finished, 1);
    // 4 units in 10 s of one worker and 10 s of three, 0.1 a second each: 6 are left for three.
    expect(estimate.seconds).toBeCloseTo(20, 9);
    estimate.workers(1);
    expect(estimate.seconds).toBeCloseTo(60, 9);
    // More than jobs cannot help: a job that is not begun takes 10 s.
    estimate.workers(100);
    expect(estimate.seconds).toBeCloseTo(10, 9);
    now = 60_000;
    // As if ten, one a job, had done nothing for 10 s: 4 units in 140 s of a worker.
    expect(estimate.seconds).toBeCloseTo(35, 9);
    estimate.workers(0);
    expect(estimate.seconds).toBeUndefined();
  });

  it('is unknown while next to nothing is done', () => {
    let now = 0;
    const jobs = [job('a', 0, 100), job('b', 0, 100)];
    const estimate = new TimeLeft(jobs, () => now);
    estimate.workers(1);
    estimate.update(jobs[0]!, 0);
    now = 600_000;
    estimate.update(jobs[0]!, 0.03);
    expect(estimate.seconds).toBeUndefined();
    estimate.update(jobs[0]!, 0.05);
    expect(estimate.seconds).toBeCloseTo((195 / 5) * 600, 6);
  });

  it('is written as people write it', () => {
    expect([0, 59.4, 60, 185, 3599.6, 3720].map(formatDuration)).toEqual([
      '0 s',
      '59 s',
      '1 min 00 s',
      '3 min 05 s',
      '1 h 00 min',
      '1 h 02 min',
    ]);
  });
});

describe('progressDisplay', () => {
  it.each([false, true])('counts what has failed apart from what has finished (terminal: %s)', (isTTY) => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    let written = '';
    const stream = Object.assign(new PassThrough(), {
      isTTY,
      columns: 120,
      cursorTo() {},
      clearLine() {},
      moveCursor() {},
    });
    stream.on('data', (data) => {
      written += data;
    });
    try {
      const jobs = [job('a', 0), job('b', 0), job('c', 0)];
      const display = progressDisplay(jobs, stream as unknown as NodeJS.WriteStream);
      now.mockReturnValue(5001);
      display.end(jobs[0]!, 'finished');
      display.log('the first');
      now.mockReturnValue(10_002);
      display.end(jobs[1]!, 'failed');
      display.log('the second');
      display.close();
    } finally {
      now.mockRestore();
    }
    const bars = /the first[\s\S]+1 of 3 jobs(?!,)[\s\S]+the second[\s\S]+1 of 3 jobs, 1 failed/;
    const lines = '33 % done, 1 of 3 jobs finished\nthe first\n66 % done, 1 of 3 jobs finished, 1 failed\nthe second\n';
    expect(written).toMatch(isTTY ? bars : new RegExp(`^${lines}$`));
  });
});

describe('bars', () => {
  it.each([80, 120])('leave room for the id of a job in %i columns', (columns) => {
    const id = 'soft/LakeStride-v0/stride-1.3-tau-0.02/mixture-2/seed-19';
    let written = '';
    const stream = Object.assign(new PassThrough(), {
      ...{ isTTY: true, columns, cursorTo() {}, clearLine() {}, moveCursor() {} },
    });
    stream.on('data', (data) => {
      written += data;
    });
    const one = { ...job('a', 0), id };
    const display = progressDisplay([one], stream as unknown as NodeJS.WriteStream);
    display.update(one, 0.5);
    display.log('now');
    display.close();
    const [line] = new RegExp(`█+░+ {2}50 % {2}${id}`).exec(written)!;
    expect(line.length).toBeLessThanOrEqual(columns);
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
      const display = progressDisplay([job('a', 0)], stream as unknown as NodeJS.WriteStream);
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

describe('nearest', () => {
  it('suggests what is near, and nothing else', () => {
    const names = ['gaussian', 'gaussian-full', 'mixture', 'realnvp', 'spline'];
    expect(nearest('gausian', names)).toBe('gaussian');
    expect(nearest('RealNVP', names)).toBe('realnvp');
    expect(nearest('splines', names)).toBe('spline');
    expect(nearest('banana', names)).toBeUndefined();
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
