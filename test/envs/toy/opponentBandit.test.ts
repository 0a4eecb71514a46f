import { describe, expect, it } from 'vitest';
import { checkEnv, type Env, make, OpponentBanditEnv } from '../../../envs/index.ts';

type Bandit = Env<Float32Array, Float32Array>;
const bandit = (options: Record<string, unknown> = {}): Bandit =>
  make<Float32Array, Float32Array>('OpponentBandit-v0', options);

/** The reward of one episode. */
function play(env: Bandit, action: number): number {
  env.reset();
  return env.step(Float32Array.of(action))[1];
}

describe('OpponentBanditEnv', () => {
  it('pays on either bank, shores included, and nowhere else', () => {
    const env = bandit({ blocked: 'none' });
    env.reset({ seed: 0 });
    const actions = [-2, -1.5, -1, -0.5, -0.4, 0, 0.4, 0.5, 1, 1.5, 1.6];
    expect(actions.map((action) => play(env, action))).toEqual([0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0]);
  });

  it('pays nothing on a bank that is blocked for good', () => {
    const env = bandit({ blocked: 'left' });
    env.reset({ seed: 0 });
    expect([play(env, -1), play(env, 1)]).toEqual([0, 1]);
    env.reset();
    expect(env.step(Float32Array.of(-1))[4]).toMatchObject({ outcome: 'left', blocked: 'left' });
  });

  it('hidden: pays a committed policy and one that alternates half of the time', () => {
    const env = bandit({ blocked: 'hidden' });
    env.reset({ seed: 1 });
    const episodes = 4000;
    const paid = (action: (i: number) => number): number =>
      Array.from({ length: episodes }, (_, i) => play(env, action(i))).reduce((sum, r) => sum + r, 0) / episodes;
    const fourErrors = (4 * 0.5) / Math.sqrt(episodes);
    expect(Math.abs(paid(() => 1) - 0.5)).toBeLessThan(fourErrors);
    expect(Math.abs(paid((i) => (i % 2 === 0 ? 1 : -1)) - 0.5)).toBeLessThan(fourErrors);
  });

  it('opponent: blocks the bank used more by its moving average, and draws on a tie', () => {
    const env = new OpponentBanditEnv({ opponentRate: 0.25 });
    env.reset({ seed: 2 });
    let share = 0.5;
    const actions = [1, 1, -1, 0, -1, -1, -1, 1, 3, 1, 1, 1];
    for (const action of actions) {
      env.step(Float32Array.of(action));
      if (Math.abs(action) === 1) share += 0.25 * ((action > 0 ? 1 : 0) - share);
      env.reset();
      expect(env.state().rightShare).toBe(share);
      expect(env.state().blocked).toBe(share > 0.5 ? 'right' : 'left');
    }
    const first = Array.from({ length: 40 }, (_, seed) => {
      env.reset({ seed });
      expect(env.state().rightShare).toBe(0.5);
      return env.state().blocked;
    });
    expect(new Set(first)).toEqual(new Set(['left', 'right']));
  });

  it('opponent: commitment always fails, once it is seen', () => {
    const env = bandit();
    env.reset({ seed: 3 });
    play(env, 1);
    expect(Array.from({ length: 20 }, () => play(env, 1))).toEqual(new Array(20).fill(0));
    expect(play(env, -1)).toBe(1);
  });

  it('keeps the contract, and goes on from a state', () => {
    checkEnv(bandit());
    const env = new OpponentBanditEnv();
    env.reset({ seed: 4 });
    for (let i = 0; i < 3; i++) {
      env.step(Float32Array.of(1));
      env.reset();
    }
    const other = new OpponentBanditEnv();
    other.setState(env.state());
    const rewards = [env, other].map((each) => [1, -1, -1, 1].map((action) => play(each as unknown as Bandit, action)));
    expect(rewards[1]).toEqual(rewards[0]);
  });

  it('says what it does not take', () => {
    expect(() => bandit({ blocked: 'upper' })).toThrow(
      'blocked: got "upper", expected one of none, right, left, hidden, opponent',
    );
    expect(() => bandit({ opponentRate: 2 })).toThrow('opponentRate');
    expect(() => bandit({ colour: 1 })).toThrow('colour: unknown option');
  });
});
