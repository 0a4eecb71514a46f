import { presets } from '../presets.ts';

/** A preset, whichever agent's it is. */
export interface AnyPreset {
  readonly steps: number;
  readonly envs: number;
  readonly agent: Readonly<Record<string, unknown>>;
  readonly policy: Readonly<Record<string, unknown>>;
}

/** The preset of an agent on an environment, undefined where there is none. */
export function presetOf(env: string, agent: string): AnyPreset | undefined {
  const all: Readonly<Record<string, Readonly<Record<string, AnyPreset>>>> = presets;
  return Object.hasOwn(all, env) && Object.hasOwn(all[env]!, agent) ? all[env]![agent] : undefined;
}
