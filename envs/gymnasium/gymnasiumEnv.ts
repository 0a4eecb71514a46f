import type { AnyEnv, EnvSpec, ResetOptions, ResetResult, StepResult } from '../core/env.ts';
import type { BatchArray, Space } from '../core/spaces/space.ts';
import { GymnasiumServer, type GymnasiumServerOptions } from './gymnasiumServer.ts';
import { seedFor } from './seedFor.ts';

/**
 * An environment of Gymnasium in a Python process of its own, with the contract of {@link AnyEnv}. Observations keep their
 * type: float64 comes as a `Float64Array`. `reset({ seed })` with an integer ≥ 0 gives the episode that it gives in
 * Python; other seeds are turned into one.
 *
 * `state` and `setState` are there where the environment can be saved.
 */
export class GymnasiumEnv implements AnyEnv {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  spec: EnvSpec | undefined;
  readonly state?: () => unknown;
  readonly setState?: (state: unknown) => void;
  readonly #server: GymnasiumServer;
  readonly #action: Float64Array;

  /** @throws as {@link GymnasiumServer} */
  constructor(options: Pick<GymnasiumServerOptions, 'id' | 'python' | 'options'>, given: EnvSpec['options']) {
    const server = new GymnasiumServer({ ...options, numEnvs: 1, sameStep: false });
    const { name: id, maxEpisodeSteps, rewardThreshold } = server;
    this.#server = server;
    this.observationSpace = server.observationSpace;
    this.actionSpace = server.actionSpace;
    this.spec = { id, maxEpisodeSteps, rewardThreshold, options: given };
    this.#action = new Float64Array(server.actionSpace.size);
    if (server.unsaved === undefined) {
      this.state = () => server.state();
      this.setState = (state) => server.setState(state as string);
    }
  }

  get unwrapped(): AnyEnv {
    return this;
  }

  reset({ seed, options }: ResetOptions = {}): ResetResult<unknown> {
    this.#server.reset({ seeds: seed === undefined ? undefined : [seedFor(seed)], options });
    return [this.#observation(), this.#server.infos[0]!];
  }

  step(action: unknown): StepResult<unknown> {
    const server = this.#server;
    this.actionSpace.write(action, this.#action, 0);
    server.step(this.#action);
    return [this.#observation(), server.rewards[0]!, server.isTerminated(0), server.isTruncated(0), server.infos[0]!];
  }

  #observation(): unknown {
    return this.observationSpace.read(this.#server.observations as BatchArray, 0);
  }

  close(): void {
    this.#server.close();
  }
}
