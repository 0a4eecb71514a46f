import { existsSync, readFileSync } from 'node:fs';
import { imageSize } from 'image-size';

/** Width and height of a picture in a file (PNG, JPEG, SVG …), pixels. @throws one line if there is none */
export function pictureSize(path: string): { readonly width: number; readonly height: number } {
  if (!existsSync(path)) throw new Error(`${path}: expected a picture, got no file`);
  try {
    const { width, height } = imageSize(readFileSync(path));
    // Of a file that ends within its head it has none.
    if (width > 0 && height > 0) return { width, height };
  } catch {}
  throw new Error(`${path}: expected a picture, got something else`);
}
