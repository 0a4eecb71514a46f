import { expect, test } from 'vitest';
import { InputError } from '../../../cli/experiment/errors.ts';
import { bestSettings, type TuningConfig } from '../../../cli/tuning/trials.ts';
import { tuningExperiment } from '../../../cli/tuning/tuningExperiment.ts';
import { lake } from '../../../experiments/lake/lake.ts';
import { readTrials, readTuned, tunedStudies } from '../../../experiments/lake/tuned.ts';

const search = tuningExperiment(lake);
const searched = (studies: string[]) =>
  search.jobs(search.schema.parse({ studies, seeds: [1000], trials: 2 }) as unknown as TuningConfig);

test('settings that do not go together are refused in one line', () => {
  const config = search.schema.parse({ studies: ['cloning'], cloning: { demonstrations: 60 } });
  expect(() => search.jobs(config)).toThrow(
    new InputError('cloning.batchSize: got 256, expected at most 180, which 60 demonstrations surely hold'),
  );
});

test.each([
  ['soft', 'stride-1.3-tau-0.02', ['gaussian', 'mixture-2', 'mixture', 'spline']],
  [
    'other-ways',
    'cloned',
    ['gaussian', 'episode-noise', 'mixture-2', 'relaxed-mixture', 'autoregressive', 'spline', 'step-noise'],
  ],
])('%s is searched where it is %j, for each of its policies alike', (study, condition, policies) => {
  const jobs = searched([study]);
  expect(new Set(jobs.map((job) => job.condition))).toEqual(new Set([condition]));
  expect(jobs.map(({ policy }) => policy)).toEqual(
    [1, 2, 3].flatMap((trial) => policies.map((policy) => `${policy} #${trial}`)),
  );
});

test.each(tunedStudies)('%s: every policy had the same number of trials, and its best one is in use', (study) => {
  const best = readTrials(study).map(({ config, trials }) => {
    for (const policies of Object.values(trials[study]!)) {
      for (const own of Object.values(policies)) expect(own).toHaveLength(config.trials + 1);
    }
    return bestSettings(trials, lake.tuning!.objectives)[study];
  });
  expect(Object.assign({}, ...best)).toEqual(readTuned()[study]);
});
