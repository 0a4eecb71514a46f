import { reachable } from '../graph/graph.ts';
import { elementCount, type Value } from '../graph/value.ts';
import { costOf } from './graphCost.ts';
import type { Stage } from './partition.ts';
import { plainStorage } from './plainStorage.ts';
import type { Executable, GraphCost, Program, Runtime, Slot, Storage } from './runtime.ts';

interface RunningStage {
  readonly executable: Executable;
  /** The inputs and outputs whose places are told before each run. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly outputs: ReadonlySet<string>;
}

/** A program as stages that run one after the other. */
export class StagedExecutable implements Executable {
  readonly cost: GraphCost;
  readonly #stages: readonly RunningStage[];
  /** Of what moves, and of what several stages use. */
  readonly #places = new Map<string, Slot>();

  /**
   * @param engine for {@link GraphCost}
   * @param runtimeOf what runs a stage
   * @param storage where numbers are that several stages use
   */
  constructor(
    { name, outputs, moving }: Program,
    engine: string,
    stages: readonly Stage[],
    runtimeOf: (stage: Stage) => Runtime,
    storage: Storage,
  ) {
    const ports = stages.map((stage) => ({ reads: inputsOf(stage), writes: new Map(stage.outputs) }));
    const users = new Map<string, number>();
    for (const { reads, writes } of ports) {
      for (const key of [...reads.keys(), ...writes.keys()]) users.set(key, (users.get(key) ?? 0) + 1);
    }
    const isPlaced = (key: string): boolean => moving.includes(key) || users.get(key)! > 1;
    for (const { reads, writes } of ports) {
      for (const [key, { dtype, shape }] of [...reads, ...writes]) {
        if (moving.includes(key) || !isPlaced(key) || this.#places.has(key)) continue;
        // Of these two all runtimes make the same numbers.
        const { allocate } = dtype === 'float32' || dtype === 'int32' ? storage : plainStorage;
        this.#places.set(key, allocate(dtype, elementCount(shape)));
      }
    }
    this.#stages = stages.map((stage, i) => {
      const [reads, writes] = [ports[i]!.reads, ports[i]!.writes].map((named) => [...named.keys()].filter(isPlaced));
      const program = { name, outputs: stage.outputs, moving: [...reads!, ...writes!] };
      return {
        executable: runtimeOf(stage).load(program),
        reads: reads!,
        writes: writes!,
        outputs: new Set(ports[i]!.writes.keys()),
      };
    });
    const nodes = this.#stages.reduce((sum, { executable }) => sum + executable.cost.nodes, 0);
    this.cost = { ...costOf(outputs), engine, nodes };
  }

  input(name: string): Slot | undefined {
    const place = this.#places.get(name);
    if (place !== undefined) return place;
    for (const { executable } of this.#stages) {
      const slot = executable.input(name);
      if (slot !== undefined) return slot;
    }
    return undefined;
  }

  output(name: string): Slot {
    const place = this.#places.get(name);
    return place ?? this.#stages.find(({ outputs }) => outputs.has(name))!.executable.output(name);
  }

  readFrom(name: string, source: Slot): void {
    this.#places.set(name, source);
  }

  writeTo(name: string, target: Slot): void {
    this.#places.set(name, target);
  }

  run(): void {
    const places = this.#places;
    for (const { executable, reads, writes } of this.#stages) {
      for (const name of reads) executable.readFrom(name, places.get(name)!);
      for (const name of writes) executable.writeTo(name, places.get(name)!);
      executable.run();
    }
  }

  dispose(): void {
    for (const { executable } of this.#stages) executable.dispose();
  }
}

/** The inputs of a stage by their names. */
function inputsOf({ outputs }: Stage): Map<string, Value> {
  const values = [...outputs.map(([, value]) => value)];
  for (const { inputs } of reachable(values)) values.push(...inputs);
  return new Map(values.flatMap((value) => (value.input === undefined ? [] : [[value.input, value] as const])));
}
