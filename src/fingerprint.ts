import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { stringify } from 'safe-stable-stringify';

/**
 * The SHA-256 of a value as JSON, in hexadecimal digits: equal for equal values, whatever the order of their keys, in Node and in
 * browsers. A state dict counts to the bit; of other numbers, JSON takes −0 for 0, and NaN and infinities for null.
 *
 * Says whether two runs came to the same: `fingerprint({ reports, parameters: policy.stateDict() })`.
 */
export function fingerprint(value: object): string {
  return bytesToHex(sha256(utf8ToBytes(stringify(value))));
}
