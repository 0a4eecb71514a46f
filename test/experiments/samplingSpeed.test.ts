import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Job } from '../../cli/experiment/experiment.ts';
import { speedTable } from '../../experiments/distill/samplingSpeed.ts';

test('a damaged speed.json of a distillation is named', () => {
  const logs = mkdtempSync(join(tmpdir(), 'oxbow-speed-'));
  const job: Job = { id: 'a', study: 'distill', env: 'wells', condition: '', policy: 'maf', seed: 0, weight: 1 };
  try {
    expect(speedTable([{ job, logs }])).toEqual([]);
    for (const text of ['{"dim": 2', '{}', '{"dim": 2, "microseconds": {"1": 3}, "sha256": "0"}']) {
      writeFileSync(join(logs, 'speed.json'), text);
      expect(() => speedTable([{ job, logs }])).toThrow(/speed\.json is damaged or was edited: .*delete it/);
    }
  } finally {
    rmSync(logs, { recursive: true });
  }
});
