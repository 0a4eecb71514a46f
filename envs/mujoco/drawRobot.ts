import { Drawing } from '../drawing/drawing.ts';
import type { SceneView } from '../drawing/scene.ts';

/** Pixels: the drawing, the edge of a shape, a mark of the ruler, how far below it its text is, and half of the room for that. */
const [WIDTH, EDGE, MARK, TEXT, ROOM] = [480, 1.5, 5, 13, 20];

/**
 * A picture of a robot as an `<svg>`, which has the same size however the robot moves: what motors move is dark, and metres show how far
 * it has come.
 */
export function drawRobot(picture: RobotPicture): string {
  const { view, middle, half, shapes } = picture;
  const [wide, high] = half;
  const label = view === 'side' ? 'a robot from the side' : 'a robot from above';
  const drawing = new Drawing({ x: [-wide, wide], y: [-high, high], label, width: WIDTH });
  const pixel = (2 * wide) / WIDTH;
  if (view === 'side') drawRuler(drawing, picture, pixel);
  else drawGrid(drawing, picture, pixel);
  const seen = ([x, y]: PicturePoint): PicturePoint => [x - middle[0], y - middle[1]];
  for (const shape of farthestFirst(shapes)) drawShape(drawing, shape, seen, pixel);
  return drawing.toString();
}

/** Draws what motors move, from above, on a map of so many metres to a unit. */
export function drawRobotOnMap(drawing: Drawing, { shapes }: RobotPicture, metres: number): void {
  const seen = ([x, y]: PicturePoint): PicturePoint => [x / metres, y / metres];
  for (const { points, radius, isRobot } of farthestFirst(shapes)) {
    if (!isRobot) continue;
    const [first, second] = points.map(seen);
    if (second === undefined) drawing.circle(first!, radius / metres, { fill: 'ink' });
    else drawing.line(first!, second, { stroke: 'ink', width: 2 });
  }
}

/** Shapes as they are to be drawn, one over the other. Depths that differ by less than a millimetre are one. */
export function farthestFirst<Shape extends Pick<PictureShape, 'depth'>>(shapes: readonly Shape[]): Shape[] {
  const millimetres = ({ depth }: Shape) => Math.round(1000 * depth);
  return [...shapes].sort((one, other) => millimetres(other) - millimetres(one));
}

/** The height of the ruler from the side: the floor, where that is in sight, else the lower edge with room for its text. */
export function rulerHeight({ middle, half, floor }: RobotPicture, room: number): number {
  return Math.max(middle[1] - half[1] + room, floor ?? Number.NEGATIVE_INFINITY);
}

function drawRuler(drawing: Drawing, picture: RobotPicture, pixel: number): void {
  const { middle, half } = picture;
  const y = rulerHeight(picture, 2 * TEXT * pixel) - middle[1];
  drawing.line([-half[0], y], [half[0], y], { stroke: 'faint', width: 1 });
  for (const { at, text } of rulerMarks(middle[0], half[0])) {
    const x = at - middle[0];
    drawing.line([x, y], [x, y - MARK * pixel], { stroke: 'faint', width: 1 });
    if (Math.abs(x) < half[0] - ROOM * pixel) drawing.text([x, y - TEXT * pixel], text);
  }
}

function drawGrid(drawing: Drawing, { middle, half }: RobotPicture, pixel: number): void {
  const [wide, high] = half;
  for (const { at } of rulerMarks(middle[1], high, wide)) {
    const y = at - middle[1];
    drawing.line([-wide, y], [wide, y], { stroke: 'line', width: 1 });
  }
  for (const { at, text } of rulerMarks(middle[0], wide)) {
    const x = at - middle[0];
    drawing.line([x, -high + 2 * TEXT * pixel], [x, high], { stroke: 'line', width: 1 });
    if (Math.abs(x) < wide - ROOM * pixel) drawing.text([x, -high + TEXT * pixel], text);
  }
}

function drawShape(
  drawing: Drawing,
  { points, radius, isRobot }: PictureShape,
  seen: (point: PicturePoint) => PicturePoint,
  pixel: number,
): void {
  const colour = isRobot ? 'ink' : 'faint';
  const [first, second, ...rest] = points.map(seen);
  if (second === undefined) {
    drawing.circle(first!, radius, { fill: colour, stroke: 'paper', width: EDGE });
  } else if (rest.length === 0) {
    const width = (2 * radius) / pixel;
    drawing.line(first!, second, { stroke: 'paper', width: width + EDGE });
    drawing.line(first!, second, { stroke: colour, width: Math.max(1, width - EDGE) });
  } else {
    drawing.polygon([first!, second, ...rest], { fill: colour, stroke: 'paper', width: EDGE });
  }
}

/** A point of the picture's plane, m. */
export type PicturePoint = readonly [x: number, y: number];

/** The convex hull of the points, and what is no farther from it than the radius: a disc, a line with round ends, or a polygon. */
export interface PictureShape {
  readonly points: readonly PicturePoint[];
  /** In metres. */
  readonly radius: number;
  /** How far it is from who looks, m: what is nearer lies over it. */
  readonly depth: number;
  /** Whether motors move it; else it belongs to the world, or lies loose in it. */
  readonly isRobot: boolean;
}

/** What is seen of a model's shapes. */
export interface RobotPicture {
  readonly view: SceneView;
  /** The middle of what is seen: it follows the robot. */
  readonly middle: PicturePoint;
  /** Half of the width and of the height of what is seen, m: always the same. */
  readonly half: PicturePoint;
  /** The height of the floor as it is seen from the side, if there is one, m. */
  readonly floor: number | undefined;
  /** In the order of the model. */
  readonly shapes: readonly PictureShape[];
}

/**
 * The metres, or tenths of them and so on, from `middle` − `half` to `middle` + `half`.
 * @param extent by which their distance is chosen: the largest power of ten that is not above it
 */
export function rulerMarks(
  middle: number,
  half: number,
  extent = half,
): { readonly at: number; readonly text: string }[] {
  let [step, digits] = [1, 0];
  while (step > extent) [step, digits] = [step / 10, digits + 1];
  while (10 * step <= extent) step *= 10;
  const marks = [];
  for (let i = Math.ceil((middle - half) / step); i * step <= middle + half; i++) {
    const text = `${i < 0 ? '−' : ''}${(Math.abs(i) * step).toFixed(digits)} m`;
    marks.push({ at: i * step, text });
  }
  return marks;
}
