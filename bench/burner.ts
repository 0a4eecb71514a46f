import { BaseEnv, Box, Discrete, type ResetResult, register, type StepResult } from '../envs/index.ts';

/** Computes for a while, as long on every thread. */
export function burn(rounds: number): number {
  let x = rounds;
  for (let i = 0; i < rounds; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0;
  return x;
}

/** An environment whose steps do nothing but burn. */
class Burner extends BaseEnv<Float32Array, number> {
  readonly observationSpace = new Box({ low: -Infinity, high: Infinity, shape: [4] });
  readonly actionSpace = new Discrete(2);
  readonly #rounds: number;

  constructor({ rounds }: { readonly rounds: number }) {
    super();
    this.#rounds = rounds;
  }

  protected begin(): ResetResult {
    return [new Float32Array(4), {}];
  }

  step(): StepResult {
    return [Float32Array.of(burn(this.#rounds), 0, 0, 0), 0, false, false, {}];
  }
}

register<{ rounds: number }>({
  id: 'bench/Burner-v0',
  module: import.meta.url,
  entryPoint: (options) => new Burner(options),
});
