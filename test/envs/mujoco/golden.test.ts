import { beforeAll, describe, expect, test } from 'vitest';
import { type Env, loadEnv, make } from '../../../envs/index.ts';
import { mujocoPhysics } from '../../../envs/mujoco/loadMujoco.ts';
import type { MujocoEnv } from '../../../envs/mujoco/mujocoEnv.ts';
import { mujocoEnvs } from '../../../envs/mujoco/mujocoEnvs.ts';
import { digests } from './digests.ts';
import { goldenData } from './golden.ts';
import { physicalFields } from './physicalFields.ts';
import { replay } from './replay.ts';

beforeAll(() => loadEnv('mujoco/Hopper-v5'));

const golden = goldenData();
/** A start tells of one, nothing of the other, and a model is no value. */
const SHOWLESS = ['resetNoiseScale', 'uphCostWeight', 'xml'];

test('there are data of each of Gymnasium’s robots', () => {
  const ids = Object.keys(mujocoEnvs).filter((id) => id.endsWith('-v5'));
  expect([...golden.keys()].map((name) => `mujoco/${name}`).sort()).toEqual(ids.sort());
});

describe.each([...golden])('%s', (name, { episodes }) => {
  const { schema } = mujocoEnvs[`mujoco/${name}` as keyof typeof mujocoEnvs];

  test('each option is once another than its default', () => {
    const others = new Set(episodes.flatMap(({ options }) => Object.keys(options)));
    expect(Object.keys(schema.shape).filter((option) => !others.has(option) && !SHOWLESS.includes(option))).toEqual([]);
    const defaults = schema.parse({}) as Readonly<Record<string, unknown>>;
    for (const { options } of episodes) {
      for (const [option, value] of Object.entries(options)) expect(value).not.toEqual(defaults[option]);
    }
  });

  test.each(episodes.map((episode) => [JSON.stringify(episode.options), episode] as const))(
    'does with %s what it does in native MuJoCo',
    (_, episode) => {
      // Bare: an episode goes on behind its end.
      const env = make(`mujoco/${name}`, episode.options).unwrapped as Env<Float64Array, Float32Array>;
      const differences = replay(env, episode);
      env.close();
      expect(differences).toHaveLength(1 + episode.steps.length);
      expect(differences.filter(({ isSameEnd }) => !isSameEnd)).toEqual([]);
      // Ten digits are written.
      expect(differences.slice(0, 2).filter(({ size }) => !(size <= 1e-9))).toEqual([]);
      expect(differences.filter(({ size }) => !(size <= 1e-8))).toEqual([]);
    },
  );
});

test.each([...golden])('%s has the physics of Gymnasium’s model, field by field', (name, { model }) => {
  const env = make(`mujoco/${name}`);
  const { xml } = env.unwrapped as unknown as MujocoEnv;
  env.close();
  const ours = digests(physicalFields(mujocoPhysics().module, xml));
  const names = [...new Set([...Object.keys(model), ...Object.keys(ours)])];
  expect(names.filter((field) => ours[field] !== model[field])).toEqual([]);
  expect(names).toContain('body_mass');
  expect(names).toContain('opt.timestep');
});
