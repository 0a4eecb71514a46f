import { decode } from 'fast-png';

/** The pixels of a picture that a colour of 0 to 255 is true of: their share of all, and their middle, from 0 to 1 to the right and down. */
export function pixelsOf(png: Uint8Array, is: (red: number, green: number, blue: number) => boolean) {
  const { data, channels, width, height } = decode(png);
  let [count, right, down] = [0, 0, 0];
  for (let i = 0; i < width * height; i++) {
    const [red, green, blue] = data.subarray(channels * i, channels * i + 3) as Uint8Array;
    if (!is(red!, green!, blue!)) continue;
    count++;
    right += i % width;
    down += Math.floor(i / width);
  }
  return { share: count / (width * height), x: right / count / width, y: down / count / height };
}
