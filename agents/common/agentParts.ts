import type { VectorEnv } from '../../envs/index.ts';
import { Module, type StateDict } from '../../src/index.ts';
import type { AgentState } from '../agent.ts';

const VERSION = 1;

/** What holds something that the rest of a training depends on. */
export interface Stateful<State = unknown> {
  /** Plain values and typed arrays of its own, which nothing changes later. */
  state(): State;
  /** @throws if the state does not fit; nothing is changed then */
  setState(state: State): void;
}

/** The parts of an agent: those that make up its state, and those that are disposed with it. */
export class AgentParts {
  readonly #agent: string;
  readonly #parts: ReadonlyMap<string, Stateful>;
  readonly #disposables: readonly { dispose(): void }[];

  /**
   * @param agent the agent's class
   * @param parts modules and other parts by name, in the order in which they are set, the training last; absent ones are left out
   * @param compiled functions that are disposed with the agent, as are the modules but `policy`, which it was given
   */
  constructor(
    agent: string,
    parts: Readonly<Record<string, Module | Stateful | undefined>>,
    compiled: readonly { dispose(): void }[],
  ) {
    this.#agent = agent;
    const modules = Object.entries(parts).flatMap(([name, part]) =>
      part instanceof Module && name !== 'policy' ? [part] : [],
    );
    this.#disposables = [...compiled, ...modules];
    this.#parts = new Map(
      Object.entries(parts)
        .filter(([, part]) => part !== undefined)
        .map(([name, part]) => [name, part instanceof Module ? stateOfModule(part) : part] as [string, Stateful]),
    );
  }

  state(): AgentState {
    const states = [...this.#parts].map(([name, part]) => [name, part.state()]);
    return { agent: this.#agent, version: VERSION, parts: Object.fromEntries(states) };
  }

  /** @throws one line, if the state is of another agent, version or architecture; nothing is changed then */
  setState(state: AgentState): void {
    const where = `${this.#agent}.setState`;
    const { agent, version, parts } = (state ?? {}) as Partial<AgentState>;
    if (typeof agent !== 'string' || typeof parts !== 'object' || parts === null) {
      throw new Error(`${where}: wanted the state of an agent { agent, version, parts }, got something else`);
    }
    if (agent !== this.#agent)
      throw new Error(`${where}: the state is of a ${agent}, expected one of a ${this.#agent}`);
    if (version !== VERSION) {
      throw new Error(`${where}: the state has version ${version} of the format, this oxbow reads version ${VERSION}`);
    }
    for (const name of new Set([...this.#parts.keys(), ...Object.keys(parts)])) {
      if (this.#parts.has(name) === Object.hasOwn(parts, name)) continue;
      const [has, lacks] = this.#parts.has(name) ? ['agent', 'state'] : ['state', 'agent'];
      throw new Error(`${where}: the ${has} has a part '${name}', the ${lacks} has none: expected the same options`);
    }
    const done: { part: Stateful; before: unknown }[] = [];
    for (const [name, part] of this.#parts) {
      try {
        const before = part.state();
        part.setState(parts[name]);
        done.push({ part, before });
      } catch (error) {
        for (const { part, before } of done) part.setState(before);
        throw new Error(`${where}: the part '${name}' does not fit this agent: ${(error as Error).message}`);
      }
    }
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }
}

function stateOfModule(module: Module): Stateful<StateDict> {
  return { state: () => plainStateDict(module), setState: (state) => module.loadStateDict(state) };
}

/** The module's state dict in plain objects, which stay what they are in `structuredClone`. */
export function plainStateDict(module: Module): StateDict {
  const entries = Object.entries(module.stateDict());
  return Object.fromEntries(entries.map(([path, { shape, values }]) => [path, { shape: [...shape], values }]));
}

/** The environments as a part of an agent. */
export function stateOfEnv(env: VectorEnv): Stateful {
  return {
    state: () => env.state(),
    setState(state) {
      const before = env.state();
      try {
        env.setState(state);
      } catch (error) {
        env.setState(before);
        throw error;
      }
    },
  };
}
