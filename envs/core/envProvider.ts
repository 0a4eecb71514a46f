import type { AnyEnv } from './env.ts';
import type { VectorEnv } from './vectorEnv.ts';

/** Makes the envs of another register, which are known here as `prefix:id`; options are those of `make` and `makeVec`. */
export interface EnvProvider {
  make(id: string, options: Readonly<Record<string, unknown>>): AnyEnv;
  makeVec(id: string, options: Readonly<Record<string, unknown>>): VectorEnv;
  /** The program that an env with these options runs in. */
  program(options: Readonly<Record<string, unknown>>): string;
  /** The module that the id makes that program import; undefined if none. */
  module(id: string): string | undefined;
}

const providers = new Map<string, EnvProvider>();

/** Makes all ids of a prefix, `prefix:…`, known to `make` and `makeVec`. */
export function registerProvider(prefix: string, provider: EnvProvider): void {
  providers.set(prefix, provider);
}

/** Who makes the env of this id, and what it is called there; undefined for the ids of this register. */
export function providerOf(id: string): { provider: EnvProvider; id: string } | undefined {
  const [prefix, ...rest] = String(id).split(':');
  const provider = rest.length > 0 ? providers.get(prefix!) : undefined;
  return provider && { provider, id: rest.join(':') };
}
