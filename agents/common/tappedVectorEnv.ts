import type {
  AutoresetMode,
  BatchArray,
  Info,
  Space,
  VectorEnv,
  VectorResetOptions,
  VectorStep,
} from '../../envs/index.ts';

/** Keeps what a vector env gave last, for who sees it through a wrapper that changes observations. */
export class TappedVectorEnv implements VectorEnv {
  readonly env: VectorEnv;
  /** What the last reset gave, or the last step. */
  observations = new Float32Array(0);
  infos: readonly Info[] = [];
  /** The last step since the reset. */
  last: VectorStep | undefined;

  constructor(env: VectorEnv) {
    this.env = env;
  }

  get numEnvs(): number {
    return this.env.numEnvs;
  }

  get autoresetMode(): AutoresetMode {
    return this.env.autoresetMode;
  }

  get singleObservationSpace(): Space {
    return this.env.singleObservationSpace;
  }

  get singleActionSpace(): Space {
    return this.env.singleActionSpace;
  }

  reset(options?: VectorResetOptions): [observations: Float32Array, infos: Info[]] {
    const [observations, infos] = this.env.reset(options);
    Object.assign(this, { observations, infos, last: undefined });
    return [observations, infos];
  }

  step(actions: BatchArray): VectorStep {
    const step = this.env.step(actions);
    Object.assign(this, { observations: step.observations, infos: step.infos, last: step });
    return step;
  }

  close(): void {
    this.env.close();
  }

  state(): unknown {
    return this.env.state();
  }

  setState(state: unknown): void {
    this.env.setState(state);
  }
}
