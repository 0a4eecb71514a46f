import type { KernelProfile } from './runtime/runtime.ts';

/** What the kernels of a compiled function take, each for itself, in the order in which they run. Printed it is a table. */
export class Profile {
  /** The compiled function's. */
  readonly name: string;
  readonly engine: string;
  readonly kernels: readonly KernelProfile[];

  constructor(name: string, engine: string, kernels: readonly KernelProfile[]) {
    this.name = name;
    this.engine = engine;
    this.kernels = kernels;
  }

  /** The sum over the kernels. */
  get microseconds(): number {
    return this.kernels.reduce((sum, kernel) => sum + kernel.microseconds, 0);
  }

  /** One line for the whole, one for each kernel: microseconds, their share, kilobytes read and written, what it does. */
  toString(): string {
    const total = this.microseconds;
    const row = (...cells: string[]): string => cells.map((cell) => cell.padStart(8)).join('');
    const lines = this.kernels.map(({ label, microseconds, bytesRead, bytesWritten }) => {
      const share = (100 * microseconds) / total;
      const kilobytes = [bytesRead, bytesWritten].map((bytes) => (bytes / 1000).toFixed(1));
      return `${row(microseconds.toFixed(2), share.toFixed(1), ...kilobytes)}  ${label}`;
    });
    return [
      `${this.name} on ${this.engine}: ${this.kernels.length} kernels, ${total.toFixed(1)} µs`,
      `${row('µs', '%', 'kB in', 'kB out')}  kernel`,
      ...lines,
    ].join('\n');
  }
}
