import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { presets } from '../../../agents/index.ts';
import { type ActingAgentName, actingAgents, builtinAgents } from '../../../agents/registry.ts';
import type { Outcome } from '../../../cli/experiment/experiment.ts';
import { NO_CODE, refusedCode } from '../../../cli/train/allowedCode.ts';
import { trainSchema } from '../../../cli/train/trainConfig.ts';
import { drawSettings, type SearchSpace } from '../../../cli/tuning/searchSpace.ts';
import { trainTuningExperiment } from '../../../cli/tuning/tuneTraining.ts';
import {
  checkSpace,
  defaultSpace,
  type TrainTuningConfig,
  trialConfig,
  tunedTraining,
} from '../../../cli/tuning/tuningConfig.ts';
import { Rng } from '../../../src/index.ts';

const agents = actingAgents;

/** Of an agent: on an environment for it, with a policy. */
function choiceOf(agent: ActingAgentName, env?: string, policy?: string) {
  const { actions, usualPolicy } = builtinAgents[agent];
  const usual = actions === 'box' ? ['Pendulum-v1', 'gaussian'] : ['CartPole-v1', usualPolicy ?? 'categorical'];
  return { studies: [agent], policies: [policy ?? usual[1]!], environments: [env ?? usual[0]!] };
}

const configOf = (agent: ActingAgentName, settings: object = {}, choice = choiceOf(agent)) =>
  trainTuningExperiment(choice).schema.parse(settings) as unknown as TrainTuningConfig;

function schemaOf(agent: ActingAgentName) {
  const { agent: ofAgent, policy, envs } = trainSchema(choiceOf(agent)).shape;
  return z.strictObject({ agent: ofAgent, policy, envs });
}

const check = (space: unknown, agent: ActingAgentName = 'ppo') =>
  checkSpace('--space', space, [schemaOf(agent)], `option of ${agent}`);

describe('default spaces', () => {
  test.each(agents)('of %s: its options exist and take all values; the rate may fall', (agent) => {
    for (const envs of [1, 300]) {
      const space = defaultSpace(agent, envs);
      check(space, agent);
      for (const settings of drawSettings(space, 3, new Rng(0), 'latin-hypercube')) {
        const trial = trialConfig(configOf(agent, { envs }), choiceOf(agent).policies[0]!, settings);
        expect(trial.agent).toMatchObject(settings.agent as object);
      }
    }
    const { learningRate, gamma } = defaultSpace(agent, 1).agent as SearchSpace;
    expect(learningRate).toHaveProperty('schedule', ['constant', 'linear']);
    expect(gamma).toHaveProperty('choice');
  });

  test('a minibatch of PPO fits the smallest rollout, with any number of environments', () => {
    for (const envs of [1, 3, 8, 100, 1000]) {
      const { horizon, batchSize } = defaultSpace('ppo', envs).agent as unknown as Record<string, { choice: number[] }>;
      expect(Math.max(...batchSize!.choice)).toBeLessThanOrEqual(envs * Math.min(...horizon!.choice));
    }
  });
});

describe('a space of a user', () => {
  test.each([
    [{ agent: { learnigRate: { choice: [1] } } }, /agent\.learnigRate: unknown option of ppo/],
    [{ agent: { gamma: { uniform: [0.9, 1.1] } } }, /agent\.gamma: got 1\.1/],
    [{ agent: { gamma: { uniform: [1, 0.9] } } }, /agent\.gamma: got \{"uniform":\[1,0.9\]\}, .*low < high/],
    [{ agent: { gamma: { logUniform: [0, 0.9] } } }, /agent\.gamma: got /],
    [{ agent: { gamma: { choice: [] } } }, /agent\.gamma: got /],
    [{ agent: { horizon: { uniform: [10, 20.5] } } }, /agent\.horizon: got 20\.5/],
    [{ agent: { horizon: { choice: [8], schedule: ['linear'] } } }, /agent\.horizon: got /],
    [{ agent: { lambda: { uniform: [0, 1], schedule: ['linear'] } } }, /agent\.lambda: got \{"linear":\[0,0\]\}/],
    [{ steps: { choice: [8] } }, /steps: unknown option of ppo/],
    [{ agent: {} }, /got no setting to search/],
    [[1], /got \[1\], expected an object/],
  ] as const)('%j is refused in one line', (space, message) => {
    expect(() => check(space)).toThrow(message);
  });

  test('may have rates that fall, lists, null, and the number of environments', () => {
    check({
      envs: { choice: [1, 8] },
      agent: {
        learningRate: { choice: [1e-3, { linear: [1e-3, 0] }] },
        clip: { uniform: [0.1, 0.3], schedule: ['linear'] },
        targetKl: { choice: [null, 0.1] },
      },
    });
  });
});

describe('successive halving', () => {
  const choice = choiceOf('ppo', undefined, undefined);
  const experiment = trainTuningExperiment(choice);
  const config = configOf('ppo', { trials: 6, halving: 2, rungs: 3, steps: 4000, seeds: [1000, 1001] });
  const all = experiment.jobs(config) as (ReturnType<typeof experiment.jobs>[number] & {
    trial: number;
    rung: number;
  })[];
  const ended = (scores: Readonly<Record<number, readonly (number | null)[]>>, rung: number): Outcome[] =>
    all.flatMap((job) => {
      const score = scores[job.trial]?.[config.seeds.indexOf(job.seed)];
      if (job.rung !== rung || score === undefined) return [];
      return [{ job, result: { metrics: { return: score } }, rows: [], directory: '', fingerprint: '' }];
    });
  const due = (outcomes: Outcome[]) =>
    (experiment.due!(outcomes, config) as typeof all).reduce<Record<number, number[]>>(
      (found, { rung, trial, seed }) => {
        if (seed === 1000) found[rung] = [...(found[rung] ?? []), trial];
        return found;
      },
      {},
    );

  const first = { 0: [1, 1], 1: [9, null], 2: [5, 5], 3: [2, 4], 4: [0, 0], 5: [8, 3], 6: [0, 0] } as const;

  test('the first round has all trials, and no other one has begun before all have ended', () => {
    expect(due([])).toEqual({ 0: [0, 1, 2, 3, 4, 5, 6] });
    expect(due(ended(first, 0).slice(1))).toEqual({ 0: [0, 1, 2, 3, 4, 5, 6] });
    expect(all.filter(({ seed, trial }) => seed === 1000 && trial === 0).map(({ condition }) => condition)).toEqual([
      'steps-1000',
      'steps-2000',
      'steps-4000',
    ]);
  });

  test('the best by the mean of their seeds go on, none that diverged with one of them, and the settings in use always', () => {
    const one = ended(first, 0);
    expect(due(one)).toEqual({ 0: [0, 1, 2, 3, 4, 5, 6], 1: [2, 3, 5, 6] });
    const two = [...one, ...ended({ 2: [1, 1], 3: [7, 7], 5: [6, 6], 6: [0, 0] }, 1)];
    expect(due(two)).toEqual({ 0: [0, 1, 2, 3, 4, 5, 6], 1: [2, 3, 5, 6], 2: [3, 6] });
    const three = [...two, ...ended({ 3: [1, 1], 6: [2, 2] }, 2)];
    expect(due(three)).toEqual(due(two));
  });
});

describe('what was found', () => {
  test('names what was searched, what the preset has, and what was given otherwise; nothing else', () => {
    const config = configOf('ppo', {
      steps: 20_000,
      agent: { klCoefficient: 0, gamma: 0.97 },
      policy: { hidden: [32] },
      env: { maxEpisodeSteps: 100 },
    });
    const found = tunedTraining(config, 'categorical', {
      agent: { learningRate: { linear: [1e-3, 0] }, clip: 0.2, gamma: 0.99 },
    });
    const { horizon, batchSize, epochs, lambda } = presets['CartPole-v1'].ppo.agent;
    expect(found).toEqual({
      steps: 20_000,
      envs: 8,
      env: { maxEpisodeSteps: 100 },
      agent: {
        horizon,
        batchSize,
        epochs,
        lambda,
        learningRate: { linear: [1e-3, 0] },
        clip: 0.2,
        gamma: 0.99,
        klCoefficient: 0,
      },
      policy: { hidden: [32] },
    });
    // `oxbow train --config` takes it, and has the settings of the trial then.
    const { env: _, ...trial } = trialConfig(config, 'categorical', { agent: { ...found.agent } as never });
    const { env: __, ...trained } = trainSchema(choiceOf('ppo')).parse({ ...found, seeds: [1000, 1001] });
    expect(trained).toEqual(trial);
  });
});

test('modules that only the settings of a search load are not imported, and a Python that only they name is not started', () => {
  const config = configOf('ppo', { load: ['/somewhere/mine.ts'] });
  expect(refusedCode('train-tuning', config, NO_CODE)).toMatch(
    /^the settings load \/somewhere\/mine\.ts, which is not/,
  );
  expect(refusedCode('train-tuning', config, { load: ['/elsewhere/mine.ts'] })).toBeUndefined();
  const gymnasium = { ...config, load: [], environments: ['gymnasium:Hopper-v5'] };
  expect(refusedCode('train-tuning', gymnasium, NO_CODE)).toMatch(
    /^gymnasium:Hopper-v5 runs in a Python, which is not/,
  );
});
