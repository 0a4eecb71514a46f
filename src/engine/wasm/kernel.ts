import type { Code } from './code.ts';
import type { Library } from './elementwise.ts';
import type { Buffer } from './view.ts';

/** One function of a module: a stretch of the program with what it reads and writes. */
export interface Kernel {
  /** What it does, for profiles. */
  readonly label: string;
  readonly reads: ReadonlySet<Buffer>;
  readonly writes: ReadonlySet<Buffer>;
  /** Buffers that nothing else uses. */
  readonly scratch: readonly Buffer[];
  /** How many parts it has, each done by a call with its number, in any order; absent where one call does all. */
  readonly parts?: number | undefined;
  /** Writes the code; addresses are settled by then. */
  emit(code: Code, library: Library): void;
}
