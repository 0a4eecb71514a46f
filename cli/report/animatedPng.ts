import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { crc32, deflateSync } from 'node:zlib';
import { resolveColours, themeColour } from '../../envs/drawing/palette.ts';
import { InputError } from '../experiment/errors.ts';

const VERSION = '2.6.2';

/** Where systems keep a font for the words in drawings; without one they are left out. */
const FONTS = [
  '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf',
  '/usr/share/fonts/TTF/DejaVuSans.ttf',
  '/System/Library/Fonts/Supplemental/Arial.ttf',
  'C:\\Windows\\Fonts\\arial.ttf',
];

/** A picture, RGBA, row by row. */
interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/**
 * Drawings, `<svg>` of one size, as an animated PNG that plays again and again: <https://www.w3.org/TR/png-3/#apng-frame-based-animation>. Of each
 * picture but the first it holds what has changed.
 * @param width in pixels
 * @throws one line, where the optional package that draws SVG is not installed
 */
export async function animatedPng(
  drawings: readonly string[],
  { framesPerSecond, width }: { readonly framesPerSecond: number; readonly width: number },
): Promise<Uint8Array> {
  const draw = await painter(width);
  const first = draw(drawings[0]!);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(first.width, 0);
  header.writeUInt32BE(first.height, 4);
  header.set([8, 6, 0, 0, 0], 8); // 8 bits of red, green, blue and opacity
  const control = Buffer.alloc(8);
  control.writeUInt32BE(drawings.length, 0);
  const delay = Math.round(1000 / framesPerSecond);
  const parts = [SIGNATURE, chunk('IHDR', header), chunk('acTL', control)];
  let order = 0;
  let before: Picture | undefined;
  drawings.forEach((drawing, i) => {
    const picture = before === undefined ? first : draw(drawing);
    const area = before === undefined ? { x: 0, y: 0, ...first } : changed(before, picture);
    const frame = Buffer.alloc(26);
    [order++, area.width, area.height, area.x, area.y].forEach((value, j) => frame.writeUInt32BE(value, 4 * j));
    // The last one stays for a while.
    frame.writeUInt16BE(i === drawings.length - 1 ? delay + 1000 : delay, 20);
    frame.writeUInt16BE(1000, 22);
    parts.push(chunk('fcTL', frame));
    const data = deflateSync(rowsOf(picture, area), { level: 9 });
    if (before === undefined) parts.push(chunk('IDAT', data));
    else {
      const number = Buffer.alloc(4);
      number.writeUInt32BE(order++);
      parts.push(chunk('fdAT', Buffer.concat([number, data])));
    }
    before = picture;
  });
  return Buffer.concat([...parts, chunk('IEND', Buffer.alloc(0))]);
}

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);

function chunk(type: string, data: Uint8Array): Buffer {
  const made = Buffer.alloc(12 + data.length);
  made.writeUInt32BE(data.length, 0);
  made.write(type, 4, 'latin1');
  made.set(data, 8);
  made.writeUInt32BE(crc32(made.subarray(4, 8 + data.length)), 8 + data.length);
  return made;
}

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The smallest rectangle outside of which two pictures of one size are equal; one pixel, where they are so everywhere. */
function changed({ width, height, pixels }: Picture, { pixels: now }: Picture): Area {
  const [before, after] = [pixels, now].map((each) => new Uint32Array(each.buffer, each.byteOffset, width * height));
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (before![i] === after![i]) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return right < 0
    ? { x: 0, y: 0, width: 1, height: 1 }
    : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** The rows of a part of a picture, each behind the byte of a filter that does nothing. */
function rowsOf({ width: all, pixels }: Picture, { x, y, width, height }: Area): Uint8Array {
  const rows = new Uint8Array(height * (1 + 4 * width));
  for (let row = 0; row < height; row++) {
    const from = 4 * ((y + row) * all + x);
    rows.set(pixels.subarray(from, from + 4 * width), row * (1 + 4 * width) + 1);
  }
  return rows;
}

/** That pictures can be made: said before the work. @throws InputError that names the option, if not */
export function checkPictures(option: string): void {
  try {
    resvgModule();
  } catch (error) {
    throw new InputError(`${option}: ${(error as Error).message}`);
  }
}

/** The file of the package that draws SVG. */
function resvgModule(): string {
  try {
    return createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm');
  } catch {
    throw new Error(`for pictures: npm install @resvg/resvg-wasm@${VERSION}`);
  }
}

/** What makes pixels of a drawing, in the colours of light paper. */
async function painter(width: number): Promise<(drawing: string) => Picture> {
  const module = resvgModule();
  const { initWasm, Resvg } = await import('@resvg/resvg-wasm');
  // Once in a process.
  started ??= initWasm(readFileSync(module));
  await started;
  const font = FONTS.find((path) => existsSync(path));
  const fonts = font === undefined ? {} : { font: { fontBuffers: [new Uint8Array(readFileSync(font))] } };
  const background = resolveColours(themeColour('paper'), 'light');
  return (drawing) => {
    const made = new Resvg(resolveColours(drawing, 'light'), {
      fitTo: { mode: 'width', value: width },
      background,
      ...fonts,
    });
    const rendered = made.render();
    try {
      // A copy: what it gives is in memory that it frees.
      return { width: rendered.width, height: rendered.height, pixels: rendered.pixels.slice() };
    } finally {
      rendered.free();
      made.free();
    }
  };
}

let started: Promise<void> | undefined;
