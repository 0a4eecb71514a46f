import { presets } from '../presets.ts';

type Options = Readonly<Record<string, unknown>>;

/** A preset, whichever agent's it is. */
export interface AnyPreset {
  readonly steps: number;
  readonly envs: number;
  readonly agent: Options;
  readonly policy: Options;
  readonly byPolicy?: Readonly<Record<string, { readonly agent?: Options; readonly policy?: Options }>>;
}

/** The preset of an agent on an environment, undefined where there is none. */
export function presetOf(env: string, agent: string): AnyPreset | undefined {
  const all: Readonly<Record<string, Readonly<Record<string, AnyPreset>>>> = presets;
  return Object.hasOwn(all, env) && Object.hasOwn(all[env]!, agent) ? all[env]![agent] : undefined;
}

/** The preset with what a policy has of its own in it. @param policy its name; another policy, or several, have the common settings */
export function presetFor(env: string, agent: string, policy?: string): Omit<AnyPreset, 'byPolicy'> | undefined {
  const { byPolicy = {}, ...common } = presetOf(env, agent) ?? {};
  if (!('steps' in common)) return undefined;
  const own = policy !== undefined && Object.hasOwn(byPolicy, policy) ? byPolicy[policy]! : {};
  return { ...common, agent: { ...common.agent, ...own.agent }, policy: { ...common.policy, ...own.policy } };
}
