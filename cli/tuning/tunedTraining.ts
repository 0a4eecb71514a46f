import { isDeepStrictEqual } from 'node:util';
import { agentNamed } from '../../agents/registry.ts';
import { presetFor } from '../../agents/train.ts';
import type { Settings } from '../experiment/searchSpace.ts';
import { trainSettings } from '../train/trainSettings.ts';
import type { TrainTuningConfig } from './trainTuningConfig.ts';
import { trialConfig } from './trialConfig.ts';

type Options = Readonly<Record<string, unknown>>;

/** The settings of a training that were found, in the form of a preset; also a config file of `oxbow train`. */
export interface TunedTraining {
  readonly steps: number;
  readonly envs: number;
  /** Options of the environment, if it was given some. */
  readonly env?: Options;
  readonly agent: Options;
  readonly policy: Options;
}

/**
 * The settings of a trial: those that were searched, those of the preset, and whatever else differs from the defaults of agent and policy.
 * With them `oxbow train` does what the trial did, to the byte. The Python of an environment is left out, which no file can name.
 */
export function tunedTraining(config: TrainTuningConfig, policy: string, settings: Settings): TunedTraining {
  const [agent, env] = [config.studies[0]!, config.environments[0]!];
  const trial = trialConfig(config, policy, settings);
  // The agent's own: a preset takes the place of the scales that a training has without one. An environment without a name has no preset.
  const usual = {
    agent: agentNamed(agent)!.settings.parse({}) as Options,
    policy: trainSettings({ study: agent, env: '', policy }, {}).policy,
  };
  const preset = presetFor(env, agent, policy);
  const chosen = (part: 'agent' | 'policy') => {
    const named = { ...preset?.[part], ...(settings[part] as Settings | undefined) };
    const options = Object.entries(trial[part]).filter(
      ([name, value]) => value !== undefined && (name in named || !isDeepStrictEqual(value, usual[part][name])),
    );
    return Object.fromEntries(options);
  };
  const { python: _, ...given } = trial.env;
  return {
    steps: trial.steps,
    envs: trial.envs,
    ...(Object.keys(given).length > 0 && { env: given }),
    agent: chosen('agent'),
    policy: chosen('policy'),
  };
}

/** An entry of `presets`, as TypeScript: `ppo: { steps: 100000, envs: 8, agent: { gamma: 0.98 }, policy: {} },`. */
export function presetText(agent: string, { steps, envs, agent: ofAgent, policy }: TunedTraining): string {
  return `${keyText(agent)}: ${literal({ steps, envs, agent: ofAgent, policy })},`;
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'string') return `'${value.replaceAll(/[\\']/g, '\\$&')}'`;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).map(([key, entry]) => `${keyText(key)}: ${literal(entry)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

function keyText(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : literal(key);
}
