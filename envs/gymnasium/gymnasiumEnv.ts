import { parseOptions } from '../../src/options/parse.ts';
import { Dict, Tuple } from '../../src/spaces/composite.ts';
import type { BatchArray, Space } from '../../src/spaces/space.ts';
import { Text } from '../../src/spaces/text.ts';
import type { AnyEnv, EnvSpec, ResetOptions, ResetResult, StepResult } from '../core/env.ts';
import type { VectorEnv } from '../core/vectorEnv.ts';
import { OrderEnforcing, PassiveEnvChecker } from '../core/wrappers/wrapper.ts';
import {
  GymnasiumServer,
  type GymnasiumServerOptions,
  gymnasiumOptions,
  gymnasiumVectorOptions,
  interpreter,
  seedFor,
  serverOptions,
} from './gymnasiumServer.ts';
import { GymnasiumVectorEnv } from './gymnasiumVectorEnv.ts';

/** `make('gymnasium:Hopper-v5', { python })`: what Gymnasium knows, and limits in time, in the user's own Python. */
export const gymnasiumProvider = {
  make(id: string, options: Readonly<Record<string, unknown>>): AnyEnv {
    const parsed = parseOptions(`gymnasium:${id}`, gymnasiumOptions, options);
    const env = new GymnasiumEnv({ id, ...serverOptions(parsed) }, options);
    return new OrderEnforcing(parsed.disableEnvChecker ? env : new PassiveEnvChecker(env));
  },
  makeVec(id: string, options: Readonly<Record<string, unknown>>): VectorEnv {
    const parsed = parseOptions(`gymnasium:${id}`, gymnasiumVectorOptions, options);
    const { numEnvs, autoresetMode, ...rest } = parsed;
    return new GymnasiumVectorEnv({ id, numEnvs, workers: rest.workers, autoresetMode, ...serverOptions(rest) });
  },
  /** The module that the id makes Python import, as Gymnasium parts it: what stands before the colon, also from the current folder. */
  module: (id: string) => (id.includes(':') ? id.split(':')[0] : undefined),
  /** The program that an env with these options runs in. */
  program: ({ python }: Readonly<Record<string, unknown>>) =>
    interpreter(typeof python === 'string' ? python : undefined),
};

/**
 * An environment of Gymnasium in a Python process of its own, with the contract of {@link AnyEnv}. Observations keep their
 * type: float64 comes as a `Float64Array`, the parts of a Dict in an object, a text as a string. `reset({ seed })` with an integer ≥ 0 gives the episode that it gives in
 * Python; other seeds are turned into one.
 *
 * It has no `state`: what Python holds of it is not saved.
 */
class GymnasiumEnv implements AnyEnv {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  spec: EnvSpec | undefined;
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
  }

  get unwrapped(): AnyEnv {
    return this;
  }

  reset({ seed, options }: ResetOptions = {}): ResetResult<unknown> {
    this.#server.checkOptions(options);
    this.#server.reset(seed === undefined ? undefined : [seedFor(seed)], options)();
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

  [Symbol.dispose](): void {
    this.close();
  }
}

/** A value that was read of a row, with its texts in their places; they come in the order of the parts. */
function withTexts(space: Space, value: unknown, texts: Iterator<string>): unknown {
  if (space instanceof Text) return texts.next().value;
  if (!(space instanceof Dict || space instanceof Tuple)) return value;
  const parts = value as Record<string, unknown>;
  const spaces: Readonly<Record<string, Space>> = space.spaces as never;
  const keys = space instanceof Dict ? space.names : Object.keys(spaces);
  for (const key of keys) parts[key] = withTexts(spaces[key]!, parts[key], texts);
  return value;
}
