import { usedInputs } from '../graph/graph.ts';
import type { Port, Ported } from '../graph/port.ts';
import { elementCount } from '../graph/value.ts';
import { costOf } from './graphCost.ts';
import type { Stage } from './partition.ts';
import { plainStorage } from './plainStorage.ts';
import type { Executable, GraphCost, Program, Runtime, Slot, Storage } from './runtime.ts';

interface RunningStage {
  readonly executable: Executable;
  /** The inputs and outputs whose places are told before each run. */
  readonly reads: readonly Port[];
  readonly writes: readonly Port[];
  readonly outputs: ReadonlySet<Port>;
}

/** A program as stages that run one after the other. */
export class StagedExecutable implements Executable {
  readonly cost: GraphCost;
  readonly #stages: readonly RunningStage[];
  /** The storage of moving tensors and of tensors that several stages use. */
  readonly #places = new Map<Port, Slot>();

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
    const edges = stages.map(({ outputs: writes }) => ({ reads: inputsOf(writes), writes }));
    const users = new Map<Port, number>();
    for (const { reads, writes } of edges) {
      for (const [port] of [...reads, ...writes]) users.set(port, (users.get(port) ?? 0) + 1);
    }
    const isPlaced = (port: Port): boolean => moving.has(port) || users.get(port)! > 1;
    for (const { reads, writes } of edges) {
      for (const [port, { dtype, shape }] of [...reads, ...writes]) {
        if (moving.has(port) || !isPlaced(port) || this.#places.has(port)) continue;
        // All runtimes make the same numbers of these two types.
        const { allocate } = dtype === 'float32' || dtype === 'int32' ? storage : plainStorage;
        this.#places.set(port, allocate(dtype, elementCount(shape)));
      }
    }
    const placed = (ported: readonly Ported[]): Port[] => ported.map(([port]) => port).filter(isPlaced);
    this.#stages = stages.map((stage, i) => {
      const [reads, writes] = [placed(edges[i]!.reads), placed(edges[i]!.writes)];
      const program = { name, outputs: stage.outputs, moving: new Set([...reads, ...writes]) };
      const written = new Set(stage.outputs.map(([port]) => port));
      return { executable: runtimeOf(stage).load(program), reads, writes, outputs: written };
    });
    const nodes = this.#stages.reduce((sum, { executable }) => sum + executable.cost.nodes, 0);
    this.cost = { ...costOf(outputs), engine, nodes };
  }

  input(port: Port): Slot | undefined {
    const place = this.#places.get(port);
    if (place !== undefined) return place;
    for (const { executable } of this.#stages) {
      const slot = executable.input(port);
      if (slot !== undefined) return slot;
    }
    return undefined;
  }

  output(port: Port): Slot {
    const place = this.#places.get(port);
    return place ?? this.#stages.find(({ outputs }) => outputs.has(port))!.executable.output(port);
  }

  readFrom(port: Port, source: Slot): void {
    this.#places.set(port, source);
  }

  writeTo(port: Port, target: Slot): void {
    this.#places.set(port, target);
  }

  run(): void {
    const places = this.#places;
    for (const { executable, reads, writes } of this.#stages) {
      for (const port of reads) executable.readFrom(port, places.get(port)!);
      for (const port of writes) executable.writeTo(port, places.get(port)!);
      executable.run();
    }
  }

  dispose(): void {
    for (const { executable } of this.#stages) executable.dispose();
  }
}

function inputsOf(outputs: readonly Ported[]): Ported[] {
  return usedInputs(outputs.map(([, value]) => value)).map((value) => [value.input, value]);
}
