import type { AnyEnv } from './env.ts';

/** `env.state()`. @throws when the env cannot give it. */
export function stateOf(env: AnyEnv): unknown {
  if (!env.state) throw new Error(`${env.constructor.name} has no state(), which exact resume needs`);
  return env.state();
}

/** `env.setState(state)`. @throws when the env cannot take it. */
export function restoreState(env: AnyEnv, state: unknown): void {
  if (!env.setState) throw new Error(`${env.constructor.name} has no setState(), which exact resume needs`);
  env.setState(state);
}
