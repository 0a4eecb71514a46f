import { themeColour } from '../../envs/drawing/palette.ts';
import { Plot, type Point } from './plot.ts';

/** A box with what is in it. */
export interface Box {
  readonly name: string;
  /** A second line. */
  readonly what: string;
  readonly left: number;
  readonly top: number;
}

/** Pixels of a box. */
export const [BOX_WIDTH, BOX_HEIGHT] = [150, 54];

/** Boxes and arrows in pixels, y downwards. */
export class Diagram {
  readonly plot: Plot;

  constructor(width: number, height: number) {
    this.plot = new Plot({ x: [0, width], y: [height, 0], width, height });
  }

  box({ name, what, left, top }: Box): this {
    // Half a pixel inside, where the stroke is sharp and whole.
    const [x0, y0, x1, y1] = [left + 0.5, top + 0.5, left + BOX_WIDTH - 0.5, top + BOX_HEIGHT - 0.5];
    this.plot.areas(
      [
        [
          [x0, y0],
          [x1, y0],
          [x1, y1],
          [x0, y1],
          [x0, y0],
        ],
      ],
      { stroke: themeColour('faint'), width: 1 },
    );
    const middle = left + BOX_WIDTH / 2;
    this.plot.text([middle, top + 18], name, { fill: themeColour('ink'), size: 15, weight: 600 });
    this.plot.text([middle, top + 38], what, { size: 14 });
    return this;
  }

  /** A line across or down, with a head at its end. */
  arrow(from: Point, to: Point, stroke: string): this {
    const [dx, dy] = [Math.sign(to[0] - from[0]), Math.sign(to[1] - from[1])];
    const neck: Point = [to[0] - 8 * dx, to[1] - 8 * dy];
    const [left, right]: Point[] = [-4, 4].map((side) => [neck[0] + side * dy, neck[1] + side * dx]) as Point[];
    this.plot.lines([[from, neck]], { stroke, width: 1.8 });
    this.plot.areas([[to, left!, right!]], { fill: stroke });
    return this;
  }

  note(at: Point, text: string, anchor: 'start' | 'middle' | 'end' = 'middle'): this {
    this.plot.text(at, text, { size: 14, anchor });
    return this;
  }
}
