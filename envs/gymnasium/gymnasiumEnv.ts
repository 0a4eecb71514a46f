import type { AnyEnv, EnvSpec, ResetOptions, ResetResult, StepResult } from '../core/env.ts';
import type { BatchArray, Space } from '../core/spaces/space.ts';
import { GymnasiumServer, type GymnasiumServerOptions } from './gymnasiumServer.ts';
import { seedFor } from './seedFor.ts';
import { withTexts } from './withTexts.ts';

/**
 * An environment of Gymnasium in a Python process of its own, with the contract of {@link AnyEnv}. Observations keep their
 * type: float64 comes as a `Float64Array`, the parts of a Dict in an object, a text as a string. `reset({ seed })` with an integer ≥ 0 gives the episode that it gives in
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

  /** @throws as {@link GymnasiumServer.start} */
  constructor(
    options: Pick<GymnasiumServerOptions, 'id' | 'python' | 'options' | 'wrappers'>,
    given: EnvSpec['options'],
  ) {
    const server = GymnasiumServer.start({ ...options, numEnvs: 1, sameStep: false, texts: true })();
    const { name: id, maxEpisodeSteps, rewardThreshold } = server;
    this.#server = server;
    this.observationSpace = server.observationSpace;
    this.actionSpace = server.actionSpace;
    this.spec = { id, maxEpisodeSteps, rewardThreshold, options: given };
    this.#action = new Float64Array(server.actionSpace.size);
    if (server.unsaved === undefined) {
      this.state = () => server.state()()[0]!;
      this.setState = (state) => server.setState([state as string])();
    }
  }

  get unwrapped(): AnyEnv {
    return this;
  }

  reset({ seed, options }: ResetOptions = {}): ResetResult<unknown> {
    this.#server.checkOptions(options);
    this.#server.reset({ seeds: seed === undefined ? undefined : [seedFor(seed)], options })();
    return [this.#observation(), this.#server.infos[0]!];
  }

  step(action: unknown): StepResult<unknown> {
    const server = this.#server;
    try {
      this.actionSpace.write(action, this.#action, 0);
    } catch (error) {
      throw new Error(`${server.name}: step() got no action: ${(error as Error).message}`, { cause: error });
    }
    server.take(this.#action);
    server.step()();
    return [this.#observation(), server.rewards[0]!, server.isTerminated(0), server.isTruncated(0), server.infos[0]!];
  }

  #observation(): unknown {
    const { observations, texts } = this.#server;
    const observation = this.observationSpace.read(observations as BatchArray, 0);
    return texts.length > 0 ? withTexts(this.observationSpace, observation, texts[0]!.values()) : observation;
  }

  close(): void {
    this.#server.close()();
  }
}
