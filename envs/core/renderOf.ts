import type { AnyEnv } from './env.ts';

/** `env.render()`. @throws when the env does not draw itself. */
export function renderOf(env: AnyEnv): string {
  if (!env.render) throw new Error(`${env.constructor.name} has no render()`);
  return env.render();
}
