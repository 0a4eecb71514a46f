import { existsSync, readFileSync } from 'node:fs';
import { imageSize } from 'image-size';

/** Width and height of a picture in a file (PNG, JPEG, SVG …), pixels. @throws one line if there is none */
export function pictureSize(path: string): { readonly width: number; readonly height: number } {
  if (!existsSync(path)) throw new Error(`${path}: expected a picture, got no file`);
  try {
    // In memory of its own: Node reads small files into a pool, and of one that ends within its head what lies behind it would be read.
    const { width, height } = imageSize(new Uint8Array(readFileSync(path)));
    if (width > 0 && height > 0) return { width, height };
  } catch {}
  throw new Error(`${path}: expected a picture, got something else`);
}
