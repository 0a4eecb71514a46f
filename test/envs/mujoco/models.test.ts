import { beforeAll, expect, test } from 'vitest';
import { loadEnv, make } from '../../../envs/index.ts';
import { HopperEnv } from '../../../envs/mujoco/index.ts';
import { mujocoPhysics } from '../../../envs/mujoco/loadMujoco.ts';
import type { MujocoEnv } from '../../../envs/mujoco/mujocoEnv.ts';
import { digests } from './digests.ts';
import { goldenData } from './golden.ts';
import { physicalFields } from './physicalFields.ts';

beforeAll(() => loadEnv('mujoco/Hopper-v5'));

test.each([...goldenData()])('%s has the physics of Gymnasium’s model, field by field', (name, { model }) => {
  const env = make(`mujoco/${name}`);
  const { xml } = env.unwrapped as unknown as MujocoEnv;
  env.close();
  const ours = digests(physicalFields(mujocoPhysics().module, xml));
  const names = [...new Set([...Object.keys(model), ...Object.keys(ours)])];
  expect(names.filter((field) => ours[field] !== model[field])).toEqual([]);
  expect(names).toContain('body_mass');
  expect(names).toContain('opt.timestep');
});

test('a model can name no other file', () => {
  const { xml } = new HopperEnv();
  const file = import.meta.filename;
  for (const part of [`<include file="${file}"/>`, `<asset><mesh name="mesh" file="${file}"/></asset>`]) {
    const hostile = xml.replace('<worldbody>', `${part}<worldbody>`);
    expect(() => new HopperEnv({ xml: hostile })).toThrow(/^Hopper: [^\n]*(Error opening file|unknown mesh)[^\n]*$/);
  }
});
