import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { resolveConfig, type Setting } from '../../../cli/experiment/config.ts';
import { commandOf } from '../../../cli/terminal/commandLine.ts';
import { trainExperiment } from '../../../cli/train/trainExperiment.ts';
import { robots } from '../../../experiments/benchmarks.ts';
import { lake } from '../../../experiments/lake/lake.ts';
import { drift } from '../fixture/drift.ts';

const set = (assignments: Record<string, string>): Setting[] =>
  Object.entries(assignments).map(([key, text]) => ({ path: key.split('.'), text, label: key }));

test.each([
  ['oxbow run lake', lake, {}],
  ['oxbow run lake --full --seeds 2', lake, { preset: 'full', settings: set({ seeds: '2' }) }],
  ['oxbow run lake --seeds 3,7', lake, { settings: set({ seeds: '3,7' }) }],
  [
    'oxbow run lake --seeds 1 --seed 7 --study soft,blocked',
    lake,
    { settings: set({ seeds: '7,', studies: 'E2,E3' }) },
  ],
  [
    'oxbow run lake --policies gaussian,spline --engine eager --set cloning.steps=20',
    lake,
    { settings: set({ policies: 'gaussian,spline', engine: 'eager', 'cloning.steps': '20' }) },
  ],
  [
    'oxbow run robots --study ppo --policies gaussian --env mujoco/Hopper-v5,mujoco/Ant-v5',
    robots,
    { settings: set({ studies: 'ppo', policies: 'gaussian', environments: 'mujoco/Hopper-v5,mujoco/Ant-v5' }) },
  ],
  ["oxbow run drift --set 'noise.label=it'\\''s {loud}'", drift, { settings: set({ 'noise.label': "it's {loud}" }) }],
  [
    'oxbow train Pendulum-v1 --agent ppo --policy gaussian,spline --seeds 5 --set agent.gamma=0.5',
    trainExperiment({ studies: ['ppo'], policies: ['gaussian', 'spline'], environments: ['Pendulum-v1'] }),
    { settings: set({ seeds: '5', 'agent.gamma': '0.5' }) },
  ],
  [
    'oxbow train Pendulum-v1 --agent ppo --policy gaussian --load a.js --load b.js',
    trainExperiment({ studies: ['ppo'], policies: ['gaussian'], environments: ['Pendulum-v1'] }),
    { settings: set({ load: '["a.js","b.js"]' }) },
  ],
] as const)('%s is the command of its own config', (command, experiment, sources) => {
  expect(commandOf(experiment, resolveConfig(experiment, sources))).toBe(command);
});

test('a module is named from the working folder on, or by its name, and TypeScript has its loader', () => {
  const training = trainExperiment({ studies: ['ppo'], policies: ['gaussian'], environments: ['Pendulum-v1'] });
  const of = (...load: string[]) =>
    commandOf(training, resolveConfig(training, { settings: set({ load: JSON.stringify(load) }) }))!;
  expect(of(resolve('envs/boat.js'), '/somewhere/else/wind.mjs')).toBe(
    'oxbow train Pendulum-v1 --agent ppo --policy gaussian --load envs/boat.js --load wind.mjs',
  );
  const { typescript } = process.features as { readonly typescript?: unknown };
  expect(of('boat.ts').startsWith("NODE_OPTIONS='--import tsx' oxbow train ")).toBe(!typescript);
});

test('settings that no options give have no command', () => {
  const { seeds, ...config } = resolveConfig(drift, {});
  expect(commandOf(drift, { ...config, seeds, unknown: 1 } as never)).toBeUndefined();
});
