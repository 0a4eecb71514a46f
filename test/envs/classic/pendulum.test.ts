import { describe, expect, it } from 'vitest';
import { make, PendulumEnv } from '../../../envs/index.ts';

function startAt([theta, thetaDot]: [number, number]): PendulumEnv {
  const env = new PendulumEnv();
  env.reset({ seed: 0, options: { state: [theta, thetaDot] } });
  return env;
}

describe('PendulumEnv', () => {
  it('is truncated after 200 steps', () => {
    const env = make('Pendulum-v1');
    env.reset({ seed: 1 });
    for (let t = 1; t <= 200; t++) expect(env.step(Float32Array.of(0))[3]).toBe(t === 200);
  });

  it('resets to θ in (−π, π) and |θ̇| ≤ 1, over the whole range', () => {
    const env = new PendulumEnv();
    env.reset({ seed: 1 });
    const states = Array.from({ length: 1000 }, () => {
      env.reset();
      return env.state();
    });
    for (const [read, limit] of [
      [(s: { theta: number }) => s.theta, Math.PI],
      [(s: { thetaDot: number }) => s.thetaDot, 1],
    ] as const) {
      const values = states.map(read);
      expect(Math.max(...values)).toBeLessThan(limit);
      expect(Math.max(...values)).toBeGreaterThan(0.98 * limit);
      expect(Math.min(...values)).toBeLessThan(-0.98 * limit);
      expect(Math.abs(values.reduce((sum, v) => sum + v, 0) / 1000)).toBeLessThan(0.1 * limit);
    }
  });

  it('starts within bounds of the caller', () => {
    const env = new PendulumEnv();
    env.reset({ seed: 1, options: { xInit: 0.1, yInit: 0 } });
    expect(Math.abs(env.state().theta)).toBeLessThan(0.1);
    expect(env.state().thetaDot).toBeCloseTo(0, 15);
  });

  it('clips torque and speed', () => {
    const far = startAt([Math.PI / 2, 7.9]);
    const near = startAt([Math.PI / 2, 7.9]);
    far.step(Float32Array.of(50));
    near.step(Float32Array.of(2));
    expect(far.state()).toEqual(near.state());
    expect(far.state().thetaDot).toBe(8);
  });

  it('tells what is wrong', () => {
    // @ts-expect-error
    expect(() => make('Pendulum-v1', { gravity: 9 })).toThrow(
      "make('Pendulum-v1'): gravity: unknown option, expected one of g",
    );
    expect(() => new PendulumEnv().reset({ options: { xInit: -1 } })).toThrow(
      'Pendulum.reset: xInit: got -1, expected a finite number',
    );
    expect(() => new PendulumEnv().reset({ options: { low: 0 } })).toThrow('expected one of state, xInit, yInit');
    expect(() => startAt([0, 0]).step(Float32Array.of(NaN))).toThrow('got the action Float32Array [NaN]');
  });
});
