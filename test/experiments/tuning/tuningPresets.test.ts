import { expect, test } from 'vitest';
import { resolveConfig } from '../../../cli/experiment/config.ts';
import { loadExperiment } from '../../../cli/run/loadExperiment.ts';
import { TUNING_SUFFIX } from '../../../cli/tuning/tuningExperiment.ts';
import { registry } from '../../../experiments/registry.ts';

test('the quick search of every experiment asks only what has settings to search', async () => {
  let searched = 0;
  for (const name of Object.keys(registry.experiments)) {
    if ((await loadExperiment(registry, name)).tuning === undefined) continue;
    const experiment = await loadExperiment(registry, name + TUNING_SUFFIX);
    const config = resolveConfig(experiment, { preset: 'quick' });
    expect(experiment.jobs(config).length, name).toBeGreaterThan(0);
    searched++;
  }
  expect(searched).toBe(4);
});
