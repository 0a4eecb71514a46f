import { closeSync, openSync } from 'node:fs';
import { askGuards, writeAll, writeWholeFile } from '../../src/files.ts';

/**
 * A file that is written whole at first, in place of one that was there, and grows then. It is written by a descriptor that stays open:
 * what a process appends that stood still while another has replaced the file lands in a file without a name.
 */
export class GrowingFile {
  readonly #path: string;
  readonly #file: number;

  constructor(path: string, content: string | Uint8Array) {
    writeWholeFile(path, content);
    this.#path = path;
    this.#file = openSync(path, 'a');
  }

  /** @throws if it cannot be written, or a guard (`guardFiles`) refuses */
  append(content: string | Uint8Array): void {
    askGuards(this.#path);
    writeAll(this.#file, typeof content === 'string' ? Buffer.from(content) : content);
  }

  close(): void {
    closeSync(this.#file);
  }
}
