import { BaseEnv } from '../../../../envs/core/baseEnv.ts';
import type { ResetResult, StepResult } from '../../../../envs/core/env.ts';
import { register } from '../../../../envs/core/registry.ts';
import { Rng, type RngState } from '../../../../src/random.ts';
import { Box } from '../../../../src/spaces/box.ts';
import { Discrete } from '../../../../src/spaces/discrete.ts';

/** Does what its action says. */
export const DEEDS = ['go', 'tell', 'end', 'throw', 'hang', 'exit', 'fill', 'secret', 'NaN', 'print', 'cut'] as const;

export interface PuppetOptions {
  /** What is done when it is made, in place of an action. */
  readonly made?: 'throw' | 'hang';
  /** Whether its state can be copied. */
  readonly isSecret?: boolean;
  readonly given?: unknown;
}

class Puppet extends BaseEnv<Float32Array, number> {
  readonly observationSpace = new Box({ low: -Infinity, high: Infinity, shape: [3] });
  readonly actionSpace = new Discrete(DEEDS.length);
  readonly #isSecret: boolean;
  #steps = 0;

  constructor({ made, isSecret = false }: PuppetOptions) {
    super();
    this.#isSecret = isSecret;
    if (made === 'throw') throw new Error('no strings');
    if (made === 'hang') for (;;);
  }

  protected begin({ start = 0 }: { start?: number }): ResetResult {
    this.#steps = start;
    return [this.#observe(), start === 0 ? {} : { start }];
  }

  #observe(): Float32Array {
    return Float32Array.of(this.#steps, this.rng.normal(), this.rng.uniform());
  }

  step(action: number): StepResult {
    this.#steps++;
    const observation = this.#observe();
    const reward = this.rng.normal();
    switch (DEEDS[action]) {
      case 'tell':
        return [observation, reward, false, false, { steps: this.#steps, mask: Uint8Array.of(1, 0), odd: [NaN, -0] }];
      case 'end':
        return [observation, reward, true, false, { outcome: 'end', bank: undefined }];
      case 'cut':
        return [observation, reward, false, true, {}];
      case 'throw':
        throw new Error('the string broke');
      case 'hang':
        for (;;);
      case 'exit':
        process.exit(3);
        break;
      case 'fill':
        // In pieces that the garbage collector does not move.
        for (const all: unknown[] = []; ; ) all.push(new Array(100_000).fill(this.#steps));
      case 'secret':
        return [observation, reward, false, false, { tell: () => 'nothing' }];
      case 'NaN':
        return [observation, NaN, false, false, {}];
      case 'print':
        console.log(`at ${this.#steps}`);
    }
    return [observation, reward, false, false, {}];
  }

  state(): unknown {
    return { rng: this.rng.state(), steps: this.#steps, ...(this.#isSecret && { tell: () => 'nothing' }) };
  }

  setState({ rng, steps }: { rng: RngState; steps: number }): void {
    this.rng = Rng.fromState(rng);
    this.#steps = steps;
  }
}

export const entryPoint = (options: PuppetOptions) => new Puppet(options);

register<PuppetOptions>({ id: 'test/Puppet-v0', module: import.meta.url, entryPoint, maxEpisodeSteps: 20 });
