import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { EventFile, TrainingLog } from '../../../cli/train/trainingLog.ts';
import { readEvents } from '../../support/readEvents.ts';

let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'oxbow-events-')), 'events.out.tfevents.0.oxbow');
});
const steps = () => readEvents(readFileSync(path)).map(({ step, scalars }) => [step, scalars]);

describe('an event file', () => {
  it('holds what was added, in records with right checksums', () => {
    const before = Date.now() / 1000;
    const file = new EventFile(path);
    file.scalars(0, { 'train/loss': 0.5 });
    file.scalars(3_000_000_000, { 'train/loss': -1, 'episode/return': 2 ** -100 });
    file.close();
    const events = readEvents(readFileSync(path));
    expect(events[0]).toMatchObject({ version: 'brain.Event:2', step: 0, scalars: {} });
    expect(steps().slice(1)).toEqual([
      [0, { 'train/loss': 0.5 }],
      [3_000_000_000, { 'train/loss': -1, 'episode/return': 2 ** -100 }],
    ]);
    for (const { time } of events) expect(time).toBeGreaterThanOrEqual(before);
  });

  it('that was damaged is made whole again from the rows of the training, wherever it was', () => {
    const folder = mkdtempSync(join(tmpdir(), 'oxbow-log-'));
    const file = join(folder, 'events.out.tfevents.0.oxbow');
    const rows = [1, 2, 3, 4].map((step) => ({ step, loss: 1 / step, return: step }));
    const log = new TrainingLog(folder, []);
    for (const row of rows) log.add(row, 100);
    log.close();
    const whole = readFileSync(file);
    const eventsOf = (content: Buffer) =>
      readEvents(content).map(({ step, scalars: { 'time/stepsPerSecond': _, ...scalars } }) => [step, scalars]);
    for (let at = 0; at < whole.length; at += 3) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 1 << (at % 8);
      writeFileSync(file, damaged);
      new TrainingLog(folder, rows).close();
      expect(eventsOf(readFileSync(file))).toEqual(eventsOf(whole));
    }
    rmSync(file);
    new TrainingLog(folder, rows).close();
    expect(eventsOf(readFileSync(file))).toEqual(eventsOf(whole));
  });
});
