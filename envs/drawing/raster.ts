/** Samples of a pixel in each direction: a row of them is one word of 32 bits. */
const SAMPLES = 4;

/**
 * A picture of bytes, red, green and blue of each pixel, drawn by filling convex polygons one over the other. A pixel is the mean of 4 × 4
 * samples, so that edges are smooth. Colours are numbers of a palette that the picture is mixed from at last.
 */
export class Raster {
  readonly #width: number;
  readonly #height: number;
  /** The colour of each sample, row by row. */
  readonly #samples: Uint8Array;
  /** The samples of a pixel in one row, in one word. */
  readonly #words: Uint32Array;
  /** Of the polygon that is filled, where each row of samples begins and ends. */
  readonly #left: Float64Array;
  readonly #right: Float64Array;
  /** From places to samples: (x, y) to (a x + b y + c, d x + e y + f). */
  readonly #map = new Float64Array(6);
  readonly #margins: readonly [x: number, y: number];

  /** @param margin by so much polygons are larger on every side, in pixels of width and of height */
  constructor(width: number, height: number, [x, y]: readonly [x: number, y: number] = [0, 0]) {
    this.#width = width;
    this.#height = height;
    this.#samples = new Uint8Array(width * height * SAMPLES * SAMPLES);
    this.#words = new Uint32Array(this.#samples.buffer);
    this.#left = new Float64Array(height * SAMPLES);
    this.#right = new Float64Array(height * SAMPLES);
    this.#margins = [x * SAMPLES, y * SAMPLES];
  }

  /** Fills everything. */
  clear(colour: number): void {
    this.#samples.fill(colour);
  }

  /** What is drawn from now on is at (a x + b y + c, d x + e y + f) in pixels, from the upper left corner. */
  place(a: number, b: number, c: number, d: number, e: number, f: number): void {
    const map = this.#map;
    map[0] = a * SAMPLES;
    map[1] = b * SAMPLES;
    map[2] = c * SAMPLES;
    map[3] = d * SAMPLES;
    map[4] = e * SAMPLES;
    map[5] = f * SAMPLES;
  }

  /** Fills the convex polygon with these corners, x, y, x, y, … */
  polygon(corners: ArrayLike<number>, colour: number): void {
    const map = this.#map as unknown as [number, number, number, number, number, number];
    const [a, b, c, d, e, f] = map;
    const [marginX, marginY] = this.#margins;
    const left = this.#left;
    const right = this.#right;
    const columns = this.#width * SAMPLES;
    const n = corners.length;
    let top = Infinity;
    let bottom = -Infinity;
    for (let i = 0; i < n; i += 2) {
      const y = d * corners[i]! + e * corners[i + 1]! + f;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
    // A sample is in the middle of its place.
    const first = Math.max(0, Math.ceil(top - marginY - 0.5));
    const last = Math.min(left.length - 1, Math.ceil(bottom + marginY - 0.5) - 1);
    if (!(first <= last)) return;
    left.fill(Infinity, first, last + 1);
    right.fill(-Infinity, first, last + 1);
    let x0 = a * corners[n - 2]! + b * corners[n - 1]! + c;
    let y0 = d * corners[n - 2]! + e * corners[n - 1]! + f;
    for (let i = 0; i < n; i += 2) {
      const x1 = a * corners[i]! + b * corners[i + 1]! + c;
      const y1 = d * corners[i]! + e * corners[i + 1]! + f;
      this.#edge(x0, y0, x1, y1, first, last);
      x0 = x1;
      y0 = y1;
    }
    const samples = this.#samples;
    for (let row = first; row <= last; row++) {
      const from = Math.max(0, Math.ceil(left[row]! - marginX - 0.5));
      const to = Math.min(columns, Math.ceil(right[row]! + marginX - 0.5));
      if (from < to) samples.fill(colour, row * columns + from, row * columns + to);
    }
  }

  /** Widens the rows by a side of a polygon: by its part that is within the margin of each row. */
  #edge(x0: number, y0: number, x1: number, y1: number, first: number, last: number): void {
    if (y0 > y1) {
      this.#edge(x1, y1, x0, y0, first, last);
      return;
    }
    const left = this.#left;
    const right = this.#right;
    const margin = this.#margins[1];
    const slope = y1 > y0 ? (x1 - x0) / (y1 - y0) : 0;
    const from = Math.max(first, Math.ceil(y0 - margin - 0.5));
    const to = Math.min(last, Math.floor(y1 + margin - 0.5));
    for (let row = from; row <= to; row++) {
      const upper = row + 0.5 - margin;
      const lower = row + 0.5 + margin;
      const xUpper = upper <= y0 ? x0 : x0 + (upper - y0) * slope;
      const xLower = lower >= y1 ? x1 : x0 + (lower - y0) * slope;
      if (xUpper < left[row]!) left[row] = xUpper;
      if (xUpper > right[row]!) right[row] = xUpper;
      if (xLower < left[row]!) left[row] = xLower;
      if (xLower > right[row]!) right[row] = xLower;
    }
  }

  /**
   * Mixes the picture, `[height, width, 3]`.
   *
   * @param palette red, green and blue of each colour, one after another
   */
  picture(palette: Uint8Array): Uint8Array {
    const width = this.#width;
    const words = this.#words;
    const samples = this.#samples;
    const pixels = new Uint8Array(width * this.#height * 3);
    for (let y = 0, at = 0; y < this.#height; y++) {
      for (let x = 0; x < width; x++, at += 3) {
        const word = y * SAMPLES * width + x;
        const first = words[word]!;
        const colour = 3 * (first & 0xff);
        const isPlain =
          first === words[word + width] &&
          first === words[word + 2 * width] &&
          first === words[word + 3 * width] &&
          first === Math.imul(first & 0xff, 0x01010101) >>> 0;
        if (isPlain) {
          pixels[at] = palette[colour]!;
          pixels[at + 1] = palette[colour + 1]!;
          pixels[at + 2] = palette[colour + 2]!;
          continue;
        }
        let red = 0;
        let green = 0;
        let blue = 0;
        for (let row = 0; row < SAMPLES; row++) {
          const begin = (word + row * width) * SAMPLES;
          for (let i = begin; i < begin + SAMPLES; i++) {
            const mixed = 3 * samples[i]!;
            red += palette[mixed]!;
            green += palette[mixed + 1]!;
            blue += palette[mixed + 2]!;
          }
        }
        pixels[at] = red / (SAMPLES * SAMPLES);
        pixels[at + 1] = green / (SAMPLES * SAMPLES);
        pixels[at + 2] = blue / (SAMPLES * SAMPLES);
      }
    }
    return pixels;
  }
}
