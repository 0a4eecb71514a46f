import { builtinEnvs } from './builtinEnvs.ts';
import { type EnvRegistration, register, registerLoader } from './core/registry.ts';

const all: Readonly<Record<string, Omit<EnvRegistration, 'id'>>> = builtinEnvs;
for (const [id, env] of Object.entries(all)) register({ id, ...env });
registerLoader('box2d', async () => {
  await import('./box2d/registerBox2d.ts');
  await (await import('./box2d/loadBox2d.ts')).loadBox2d();
});
registerLoader('mujoco', async () => (await import('./mujoco/index.ts')).loadMujoco());
