import { builtinEnvs } from './builtinEnvs.ts';
import { registerProvider } from './core/envProvider.ts';
import { registerLoader } from './core/loadEnv.ts';
import { type EnvRegistration, register } from './core/registry.ts';
import { gymnasiumProvider } from './gymnasium/gymnasiumProvider.ts';

const all: Readonly<Record<string, Omit<EnvRegistration, 'id'>>> = builtinEnvs;
for (const [id, env] of Object.entries(all)) register({ id, ...env });
registerProvider('gymnasium', gymnasiumProvider);
registerLoader('mujoco', async () => (await import('./mujoco/index.ts')).loadMujoco());
