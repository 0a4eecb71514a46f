import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { configure } from 'safe-stable-stringify';
import { show } from './options/describe.ts';
import { checkArgument } from './options/parse.ts';

const stringify = configure({ circularValue: Error });

/**
 * The SHA-256 of a value as JSON, in hexadecimal digits: equal for equal values, whatever the order of their keys, in Node and in
 * browsers. A state dict counts to the bit; of other numbers, JSON takes −0 for 0, and NaN and infinities for null.
 *
 * Says whether two runs came to the same: `fingerprint({ reports, parameters: policy.stateDict() })`.
 * @throws if it is no object, holds itself, or something that JSON has no form for: a function, a bigint, a symbol, a `Map`, a `Set`
 */
export function fingerprint(value: object): string {
  checkArgument('fingerprint', 'value', value, [Object, Array]);
  let json: string | undefined;
  try {
    json = stringify(value, refuseForeign);
  } catch (error) {
    throw error instanceof Foreign
      ? new Error(`fingerprint: got ${error.message}, expected values that JSON has`)
      : new Error('fingerprint: got a value that holds itself or is nested too deep, expected one that JSON has', {
          cause: error,
        });
  }
  return bytesToHex(sha256(utf8ToBytes(json!)));
}

class Foreign extends Error {}

function refuseForeign(key: string, value: unknown): unknown {
  if (['function', 'symbol', 'bigint'].includes(typeof value) || value instanceof Map || value instanceof Set) {
    throw new Foreign(`${show(value)} at ${show(key)}`);
  }
  return value;
}

/** The SHA-256 of the bytes of arrays, one after the other, in hexadecimal digits. */
export function fingerprintOfNumbers(arrays: readonly ArrayBufferView[]): string {
  const hash = sha256.create();
  for (const { buffer, byteOffset, byteLength } of arrays) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return bytesToHex(hash.digest());
}
