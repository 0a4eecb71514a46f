import { describe, expect, it } from 'vitest';
import { mjcf } from '../../../envs/mujoco/mjcf.ts';

describe('mjcf', () => {
  it('takes angles for radians, where MuJoCo takes them for degrees', () => {
    const model = { model: 'empty', bodies: [] };
    expect(mjcf(model)).toBe('<mujoco model="empty"><compiler angle="radian"/><worldbody/></mujoco>');
    expect(mjcf({ ...model, compiler: { angle: 'degree' } })).toContain('<compiler angle="degree"/>');
  });
});
