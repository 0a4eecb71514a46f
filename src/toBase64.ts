import { uint8ArrayToBase64 } from 'uint8array-extras';

/** Bytes of a part: a multiple of 3, so that parts join. */
const PART = 12_288;

/** Bytes as base64, in parts: the library takes bytes as arguments of one call, of which a worker's stack holds few. */
export function toBase64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const parts = Array.from({ length: Math.ceil(byteLength / PART) }, (_, i) =>
    uint8ArrayToBase64(bytes.subarray(i * PART, (i + 1) * PART)),
  );
  return parts.join('');
}
