import { existsSync, readFileSync } from 'node:fs';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Width and height of a PNG file, pixels. @throws one line if there is none */
export function pngSize(path: string): { readonly width: number; readonly height: number } {
  if (!existsSync(path)) throw new Error(`${path}: expected a PNG, got no file`);
  const bytes = readFileSync(path);
  if (bytes.length < 24 || !bytes.subarray(0, 8).equals(SIGNATURE))
    throw new Error(`${path}: expected a PNG, got something else`);
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}
