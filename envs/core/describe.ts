import { shortened } from '../../src/options/describe.ts';

/** A value in a few words, for error messages: arrays by their class and first entries, the rest as JSON. */
export function describe(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'undefined') return String(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    const entries = Array.from(value as unknown as ArrayLike<unknown>);
    const shown = entries.slice(0, 6).map(describe).join(', ');
    return `${value.constructor.name} [${shown}${entries.length > 6 ? `, … ${entries.length} in all` : ''}]`;
  }
  try {
    return shortened(JSON.stringify(value) ?? String(value));
  } catch {
    // It holds itself, or something that JSON has no form for.
    return String(value);
  }
}
