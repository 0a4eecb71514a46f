import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEnv, make } from 'oxbow/envs';
import { Lander } from './lander.js';

test('keeps the rules of environments', () => {
  assert.deepEqual(checkEnv(make('Lander-v0')), []);
});

test('a fall is a crash, and costs ten times the speed', () => {
  const env = new Lander();
  env.reset({ seed: 0 });
  for (;;) {
    const [[, velocity = 0], reward, terminated, , info] = env.step(Float32Array.of(0));
    if (!terminated) continue;
    assert.equal(info.outcome, 'crash');
    assert.ok(Math.abs(reward - 10 * velocity) < 1e-5);
    break;
  }
});

test('the same seed begins in the same place', () => {
  const [first, second] = [new Lander(), new Lander()];
  assert.deepEqual(first.reset({ seed: 5 }), second.reset({ seed: 5 }));
});
