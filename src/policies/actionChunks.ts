import { z } from 'zod';
import { portableMath } from '../portableMath.ts';
import type { BoxSpace } from '../spaces/plain.ts';

/** The options of policies that give several actions at once. */
export const chunkOptions = {
  chunk: z.int().positive().max(1000).optional().meta({
    description:
      'h, for how many steps a policy gives actions at once, as one distribution over all of them: an action chunk; 1 by default',
    unit: 'steps',
  }),
  execute: z.int().positive().optional().meta({
    description: 'how many of a chunk of actions are made before the next one is taken; by default all',
    unit: 'steps',
  }),
  blend: z
    .number()
    .nonnegative()
    .optional()
    .describe(
      'w, where a chunk is taken at every step, and the action is a mean of what the last h chunks say of it: of weights exp(−w i), i = 0 of the oldest',
    ),
};

/** What a policy of chunks is: {@link chunkOptions}, checked. */
export interface ActionChunk {
  /** h, 2 or more. */
  readonly length: number;
  /** How many actions of a chunk are made, from 1 to h; 1 where chunks are blended. */
  readonly execute: number;
  /** w */
  readonly blend?: number;
}

/**
 * The chunk that options ask for; undefined where an action is of one step.
 * @throws one line, for options that do not go together, or where actions are choices, or something is remembered
 */
export function chunkOf(
  where: string,
  { chunk: length = 1, execute, blend, memory }: z.output<z.ZodObject<typeof chunkOptions>> & { memory?: unknown },
  kind: string,
): ActionChunk | undefined {
  const refuse = (name: string, got: number, expected: string) => {
    throw new Error(`${where}: ${name}: got ${got}, ${expected}`);
  };
  if (length === 1) {
    for (const [name, got] of Object.entries({ execute, blend })) {
      if (got !== undefined) refuse(name, got, 'expected a chunk of actions beside it: chunk: 4, say');
    }
    return undefined;
  }
  if (kind !== 'box') refuse('chunk', length, 'expected 1 for actions that are choices');
  if (memory !== undefined)
    refuse('chunk', length, 'expected 1 for a policy with a memory, which is to see every step');
  if (execute !== undefined && execute > length)
    refuse('execute', execute, `expected at most the ${length} of a chunk`);
  if (blend === undefined) return { length, execute: execute ?? length };
  if (execute !== undefined)
    refuse('execute', execute, 'expected none beside blend, which takes a chunk at every step');
  return { length, execute: 1, blend };
}

/** The options that ask for a chunk. */
export function optionsOf({ length, execute, blend }: ActionChunk) {
  return { chunk: length, ...(blend === undefined ? { execute } : { blend }) };
}

/** The space of chunks of so many actions: `[length · size]`, action after action. */
export function chunkBox<Space extends Pick<BoxSpace, 'low' | 'high'>>(space: Space, length: number) {
  const repeated = (bounds: ArrayLike<number>) => Array.from({ length }, () => Array.from(bounds)).flat();
  return { low: repeated(space.low), high: repeated(space.high), shape: [length * space.low.length] };
}

/**
 * How a policy of chunks acts in environments side by side. A chunk of the actions aₜ … aₜ₊ₕ₋₁ is taken at every `execute`-th step of an
 * episode, and the first `execute` of them are made, whatever is seen meanwhile: a receding horizon, and with `execute` h open loop.
 *
 * With `blend` w a chunk is taken at every step, and the action is a mean of what the k ≤ h last ones say of this step,
 *
 *   a = Σᵢ exp(−w i) aᵢ / Σᵢ exp(−w i),  i = 0 the oldest of them, … k − 1 the one just taken: temporal ensembling.
 *
 * A mean of two good ways may be none: it suits policies of one mode. Of a policy of single actions it gives what the policy gives.
 *
 * Zhao et al., "Learning Fine-Grained Bimanual Manipulation with Low-Cost Hardware", arXiv:2304.13705; Chi et al., "Diffusion Policy:
 * Visuomotor Policy Learning via Action Diffusion", arXiv:2303.04137.
 */
export class ChunkedActions {
  /** `[rows]`, how many steps of its episode each row has made. */
  readonly steps: Int32Array;
  /** `[rows · kept · h · size]`, the chunks that are kept of each row: one, or blended h of them, that of step t at t mod h. */
  readonly chunks: Float32Array;
  readonly #chunk: ActionChunk | undefined;
  /** How many numbers the action of one step has. */
  readonly #size: number;
  readonly #actions: Float32Array;
  /** exp(−w i) */
  readonly #weights: readonly number[];

  /** @param rows how many environments there are */
  constructor({ chunk, actionDim }: { readonly chunk?: ActionChunk; readonly actionDim: number }, rows: number) {
    const { length, blend } = chunk ?? { length: 1 };
    this.#chunk = chunk;
    this.#size = actionDim / length;
    this.#actions = new Float32Array(rows * this.#size);
    this.#weights = blend === undefined ? [] : Array.from({ length }, (_, i) => portableMath.exp(-blend * i));
    this.steps = new Int32Array(rows);
    this.chunks = new Float32Array(chunk === undefined ? 0 : rows * actionDim * (blend === undefined ? 1 : length));
  }

  /**
   * The actions of the next step, `[rows · size]`, in an array that the next call uses again.
   * @param take gives a chunk for each row, `[rows · h · size]`; called where one is due
   */
  next<Actions extends ArrayLike<number>>(take: () => Actions): Actions | Float32Array {
    const chunk = this.#chunk;
    if (chunk === undefined) return take();
    const { steps } = this;
    if (steps.some((step) => step % chunk.execute === 0)) this.#keep(take(), chunk);
    for (let row = 0; row < steps.length; row++) {
      this.#write(row, chunk);
      steps[row]! += 1;
    }
    return this.#actions;
  }

  /** Begins an episode in a row, or in all of them. */
  reset(row?: number): void {
    if (row === undefined) this.steps.fill(0);
    else this.steps[row] = 0;
  }

  /** Begins an episode in each row whose last one has ended by a step of the environments. */
  resetEnded({ terminations, truncations }: Readonly<Record<'terminations' | 'truncations', ArrayLike<number>>>): void {
    for (let row = 0; row < terminations.length; row++) if (terminations[row] || truncations[row]) this.reset(row);
  }

  /** Keeps the chunks of the rows where one is due. */
  #keep(taken: ArrayLike<number>, { length, execute, blend }: ActionChunk): void {
    const width = length * this.#size;
    for (let row = 0; row < this.steps.length; row++) {
      const step = this.steps[row]!;
      if (step % execute !== 0) continue;
      const at = (blend === undefined ? row : row * length + (step % length)) * width;
      for (let j = 0; j < width; j++) this.chunks[at + j] = taken[row * width + j]!;
    }
  }

  /** Writes the action of a row. */
  #write(row: number, { length, execute, blend }: ActionChunk): void {
    const size = this.#size;
    const step = this.steps[row]!;
    if (blend === undefined) {
      const from = (row * length + (step % execute)) * size;
      for (let j = 0; j < size; j++) this.#actions[row * size + j] = this.chunks[from + j]!;
      return;
    }
    const count = Math.min(step + 1, length);
    for (let j = 0; j < size; j++) {
      let [sum, total] = [0, 0];
      for (let i = 0; i < count; i++) {
        // The chunk of so many steps ago says this of now.
        const age = count - 1 - i;
        const chunk = row * length + ((step - age) % length);
        sum += this.#weights[i]! * this.chunks[(chunk * length + age) * size + j]!;
        total += this.#weights[i]!;
      }
      this.#actions[row * size + j] = sum / total;
    }
  }
}
