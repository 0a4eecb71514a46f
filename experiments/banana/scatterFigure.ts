import { themeColour } from '../../envs/drawing/palette.ts';

export interface ScatterGroup {
  /** CSS. */
  readonly colour: string;
  readonly points: readonly (readonly [number, number])[];
}

export interface ScatterOptions {
  readonly x: readonly [low: number, high: number];
  readonly y: readonly [low: number, high: number];
  /** Axis titles; none unless given. */
  readonly titles?: readonly [x: string, y: string];
  readonly radius?: number;
}

const WIDTH = 168;
const HEIGHT = 150;
const MARGIN = { left: 34, right: 8, top: 7, bottom: 36 };

/** Points of several colours as SVG, one path a colour: thousands of marks in as many tens of bytes. Points outside are left out. */
export function scatterFigure(groups: readonly ScatterGroup[], { x, y, titles, radius = 1 }: ScatterOptions): string {
  const place = (value: number, [low, high]: readonly [number, number], from: number, to: number) =>
    from + ((value - low) / (high - low)) * (to - from);
  const right = MARGIN.left + WIDTH;
  const bottom = MARGIN.top + HEIGHT;
  const px = (value: number) => Number(place(value, x, MARGIN.left, right).toFixed(1));
  const py = (value: number) => Number(place(value, y, bottom, MARGIN.top).toFixed(1));
  const inside = ([a, b]: readonly [number, number]) => a >= x[0] && a <= x[1] && b >= y[0] && b <= y[1];
  const dots = groups.map(({ colour, points }) => {
    const path = points
      .filter(inside)
      .map(([a, b]) => `M${px(a)} ${py(b)}h0`)
      .join('');
    return `<path d="${path}" stroke="${colour}" stroke-width="${2 * radius}" stroke-linecap="round" stroke-opacity=".55" fill="none"/>`;
  });
  const text = (at: readonly [number, number], anchor: string, label: string, colour: 'muted' | 'ink' = 'muted') =>
    `<text x="${at[0]}" y="${at[1]}" text-anchor="${anchor}" fill="${themeColour(colour)}">${label}</text>`;
  const ticks = [
    ...ticksOf(x).map((value) => text([px(value), bottom + 15], 'middle', label(value))),
    ...ticksOf(y).map((value) => text([MARGIN.left - 4, py(value) + 4.5], 'end', label(value))),
    ...(titles === undefined
      ? []
      : [
          text([(MARGIN.left + right) / 2, bottom + 31], 'middle', titles[0], 'ink'),
          text([4, MARGIN.top + 12], 'start', titles[1], 'ink'),
        ]),
  ];
  const frame = `<path d="M${MARGIN.left} ${MARGIN.top}V${bottom}H${right}" stroke="${themeColour('faint')}" fill="none"/>`;
  const size = [right + MARGIN.right, bottom + MARGIN.bottom];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size[0]}" height="${size[1]}" viewBox="0 0 ${size[0]} ${size[1]}" ` +
    `font-family="system-ui, sans-serif" font-size="13">${dots.join('')}${frame}${ticks.join('')}</svg>`
  );
}

/** Up to five round numbers of an interval. */
function ticksOf([low, high]: readonly [number, number]): number[] {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

const label = (value: number): string => String(Number(value.toPrecision(6))).replace('-', '−');
