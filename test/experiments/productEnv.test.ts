import { describe, expect, it } from 'vitest';
import { checkEnv, type Env, LakeEnv, TimeLimit } from '../../envs/index.ts';
import { ProductEnv, type ProductInfo } from '../../experiments/products/productEnv.ts';
import { Rng } from '../../src/random.ts';

type Lake = Env<Float32Array, Float32Array>;

/** A lake whose steps reach the water, and which draws its blocked bank from its stream. */
const lake = (): Lake => new TimeLimit(new LakeEnv({ stride: 1.3, stepCost: 0.02, blocked: 'hidden' }), 12) as Lake;
const product = (count: number) => new ProductEnv(Array.from({ length: count }, () => lake));

/** Velocities that mostly lead ahead, now and then into the water. */
function actionsOf(rng: Rng, numbers: number): Float32Array {
  return Float32Array.from({ length: numbers }, (_, i) => rng.normal(i % 2 === 0 ? 0.7 : 0.2, 0.6));
}

describe('ProductEnv', () => {
  it('walks as its parts do alone, byte by byte, and waits for the last', () => {
    const [seed, count, episodes] = [11, 3, 20];
    const together = product(count);
    const alone = Array.from({ length: count }, lake);
    const seeds = alone.map((_, i) => new Rng(seed).split('productEnv').split(i).seed);
    const rng = new Rng(5);
    let waited = 0;
    for (let episode = 0; episode < episodes; episode++) {
      const [first, firstInfo] = together.reset(episode === 0 ? { seed } : {});
      const shown = alone.map((env, i) => env.reset(episode === 0 ? { seed: seeds[i]! } : {}));
      expect([...first]).toEqual(shown.flatMap(([observation]) => [...observation]));
      expect((firstInfo as ProductInfo).parts).toEqual(shown.map(([, info]) => info));
      const ends = alone.map(() => false);
      for (let ended = false; !ended; ) {
        const action = actionsOf(rng, 2 * count);
        const [observation, reward, terminated, truncated, info] = together.step(action);
        let sum = 0;
        for (const [i, env] of alone.entries()) {
          if (ends[i]) {
            waited += 1;
            continue;
          }
          const [own, gain, over, cut, said] = env.step(action.slice(2 * i, 2 * i + 2));
          shown[i] = [own, said];
          sum += gain;
          ends[i] = over || cut;
        }
        expect([...observation]).toEqual(shown.flatMap(([own]) => [...own]));
        expect((info as ProductInfo).parts).toEqual(shown.map(([, said]) => said));
        expect(reward).toBe(sum);
        ended = terminated || truncated;
        expect(ended).toBe(ends.every(Boolean));
        const words = [...new Set(shown.map(([, said]) => said.outcome!))].sort().join(' and ');
        expect(info.outcome).toBe(ended ? words : undefined);
      }
    }
    expect(waited).toBeGreaterThan(episodes);
  });

  it('is terminated if all parts are, truncated if one was cut', () => {
    const rush = Float32Array.of(1, 0, 1, 0);
    const into = new ProductEnv([lake, lake]);
    into.reset({ seed: 0 });
    const [, , terminated, truncated, info] = into.step(rush);
    expect([terminated, truncated, info.outcome]).toEqual([true, false, 'drowned']);

    const cut = new ProductEnv([lake, () => new TimeLimit(new LakeEnv({ stride: 0.001 }), 2)]);
    cut.reset({ seed: 0 });
    expect(cut.step(rush).slice(2, 4)).toEqual([false, false]);
    const [, reward, ...end] = cut.step(rush);
    expect(reward).toBeCloseTo(-0.005, 12);
    expect(end.slice(0, 2)).toEqual([false, true]);
    expect((end[2] as ProductInfo).outcome).toBe('drowned and timeout');
  });

  it('keeps the contract of an environment, has the bounds of its parts, each of which has a stream of its own', () => {
    checkEnv(product(3) as never);
    const [, info] = product(8).reset({ seed: 0 });
    expect(new Set((info as ProductInfo).parts.map(({ blocked }) => blocked)).size).toBe(2);
    const { observationSpace, actionSpace } = new ProductEnv([lake, () => new LakeEnv({ action: 'heading' })]);
    expect(observationSpace.size).toBe(4);
    expect([...actionSpace.high]).toEqual([1, 1, Math.fround(Math.PI)]);
  });
});
