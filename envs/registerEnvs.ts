import { builtinEnvs } from './builtinEnvs.ts';
import { type EnvRegistration, register, registerLoader, registerProvider } from './core/registry.ts';
import { gymnasiumProvider } from './gymnasium/gymnasiumEnv.ts';

const all: Readonly<Record<string, Omit<EnvRegistration, 'id'>>> = builtinEnvs;
for (const [id, env] of Object.entries(all)) register({ id, ...env });
registerProvider('gymnasium', gymnasiumProvider);
registerLoader('mujoco', async () => (await import('./mujoco/index.ts')).loadMujoco());
