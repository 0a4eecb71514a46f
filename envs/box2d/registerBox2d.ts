import { type EnvRegistration, register } from '../core/registry.ts';
import { box2dEnvs } from './box2dEnvs.ts';

const here = import.meta.url;
/** In two steps, so that bundlers for pages do not take it for a file to serve. */
const module = new URL(`./loadedBox2d${here.slice(here.lastIndexOf('.'))}`, here).href;

const all = box2dEnvs as unknown as Readonly<Record<string, Omit<EnvRegistration, 'id'>>>;
for (const [id, env] of Object.entries(all)) register({ id, module, ...env });
