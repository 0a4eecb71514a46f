import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TrainReport } from '../../../agents/index.ts';
import type { Job } from '../../../cli/index.ts';
import { ReportRows } from '../../../cli/train/trainingLog.ts';
import { speedTable, writeSpeed } from '../../../cli/train/trainSections.ts';
import type { Info } from '../../../envs/index.ts';

const report = (step: number, returns: number[], more: object = {}, infos: Info[] = []): TrainReport => ({
  step,
  updates: step / 2,
  episodes: returns.map((value, i) => ({ return: value, length: 10 * value, info: infos[i] ?? {} })),
  ...more,
});

describe('rows of a log', () => {
  it('are means over the reports of an interval, and of its episodes', () => {
    const rows = new ReportRows(100);
    expect(rows.add(report(40, [1, 2], { loss: 1, best: null }), false)).toBeUndefined();
    expect(rows.add(report(80, [], { loss: Number.NaN, best: null }), false)).toBeUndefined();
    const row = { step: 120, updates: 60, episodes: 3, return: 3, length: 30, loss: 3, best: null };
    expect(rows.add(report(120, [6], { loss: 5, best: null }), false)).toEqual(row);
    // The next one knows nothing of these; the last comes however early.
    const last = { step: 160, updates: 80, episodes: 0, return: null, length: null, loss: null };
    expect(rows.add(report(160, [], { loss: Number.NaN }), true)).toEqual(last);
  });

  it('of a training that goes on are those of one that was not stopped', () => {
    const rows = new ReportRows(100, [{ step: 60 }, { step: 120 }]);
    expect(rows.add(report(160, []), false)).toBeUndefined();
    expect(rows.add(report(220, []), false)).toMatchObject({ step: 220 });
  });

  it('have the shares of how episodes ended, of every word that there was so far', () => {
    const rows = new ReportRows(10);
    const first = rows.add(report(10, [1, 1, 1, 1], {}, [{ outcome: 'left' }, { outcome: 'left' }, {}]), false)!;
    expect(first).toMatchObject({ episodes: 4, 'outcome/left': 0.5 });
    const second = rows.add(report(20, [1, 1], {}, [{ outcome: 'right', bank: 'lower' }, {}]), false)!;
    expect(second).toMatchObject({ 'outcome/left': 0, 'outcome/right': 0.5, 'bank/lower': 0.5 });
    const third = { step: 30, episodes: 0, return: null, 'outcome/left': null, 'outcome/right': null };
    const all = [rows, new ReportRows(10, [first, second])].map((each) => each.add(report(30, []), false));
    expect(all[0]).toMatchObject(third);
    expect(JSON.stringify(all[1])).toBe(JSON.stringify(all[0]));
  });
});

describe('speeds', () => {
  it('are medians over the seeds that have one', () => {
    const folder = mkdtempSync(join(tmpdir(), 'oxbow-speed-'));
    const job = { study: 'ppo', env: 'E-v0', policy: 'gaussian' } as Job;
    const jobs = [1, 2, 8, undefined].map((seconds, i) => {
      const logs = join(folder, String(i));
      mkdirSync(logs);
      if (seconds !== undefined) writeSpeed(logs, { steps: 1000, seconds });
      return { job, logs };
    });
    expect(speedTable(jobs)[0]!.rows).toEqual([['E-v0', 'ppo', 'gaussian', '500']]);
    expect(speedTable(jobs.slice(3))).toEqual([]);
  });
});
