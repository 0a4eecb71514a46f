import type { Code } from '../code.ts';
import { type Expression, hold, shuffle } from '../expression.ts';
import { loadLanes, nest, type Place, shifted, storeLanes } from '../loops.ts';

/** A matrix by the strides of its rows and columns, in elements. */
export interface Matrix {
  readonly row: number;
  readonly column: number;
}

/**
 * Copies a matrix of `length` rows into panels of `width` columns, 4 or 8, one after another: element (p, j) comes to
 * ⌊j / width⌋ · length · width + p · width + j mod width. Walking down a panel is then walking on in memory. What is beyond the last
 * column is undefined.
 */
export function packPanels(
  code: Code,
  from: Place,
  { row, column }: Matrix,
  to: Place,
  { length, columns, width }: { readonly length: number; readonly columns: number; readonly width: 4 | 8 },
): void {
  /** Some rows of all panels, by four columns. */
  const rows = (
    first: number,
    count: number,
    step: number,
    body: (s: Place, t: Place, lanes: number) => void,
  ): void => {
    const panel = (source: Place, target: Place, wide: number): void =>
      nest(
        code,
        [{ size: count, step }],
        [
          { place: source, strides: [row] },
          { place: target, strides: [width] },
        ],
        ([s, t]) => {
          for (let j = 0; j < wide; j += 4) body(shifted(s!, j * column), shifted(t!, j), Math.min(4, wide - j));
        },
      );
    const [begin, start] = [shifted(from, first * row), shifted(to, first * width)];
    const whole = width * Math.floor(columns / width);
    const accesses = [
      { place: begin, strides: [column] },
      { place: start, strides: [length] },
    ];
    if (whole > 0) nest(code, [{ size: whole, step: width }], accesses, ([s, t]) => panel(s!, t!, width));
    if (columns > whole) panel(shifted(begin, whole * column), shifted(start, whole * length), columns - whole);
  };
  const copy = (source: Place, target: Place, lanes: number): void =>
    storeLanes(code, target, 1, hold(code, loadLanes(source, column, lanes)));

  const blocks = row === 1 && column !== 1 ? 4 * Math.floor(length / 4) : 0;
  if (blocks > 0) rows(0, blocks, 4, (source, target, lanes) => transposed(code, source, column, target, width, lanes));
  if (length > blocks) rows(blocks, length - blocks, 1, copy);
}

/** A block of 4 × 4 of contiguous columns, transposed in registers. Of columns beyond `lanes` the last one is taken. */
function transposed(code: Code, source: Place, column: number, target: Place, width: number, lanes: number): void {
  const columns = [0, 1, 2, 3].map((j) =>
    hold(code, loadLanes(shifted(source, Math.min(j, lanes - 1) * column), 1)),
  ) as [Expression, Expression, Expression, Expression];
  const [low01, high01, low23, high23] = [
    shuffle(columns[0], columns[1], [0, 4, 1, 5]),
    shuffle(columns[0], columns[1], [2, 6, 3, 7]),
    shuffle(columns[2], columns[3], [0, 4, 1, 5]),
    shuffle(columns[2], columns[3], [2, 6, 3, 7]),
  ].map((pairs) => hold(code, pairs)) as [Expression, Expression, Expression, Expression];
  [
    shuffle(low01, low23, [0, 1, 4, 5]),
    shuffle(low01, low23, [2, 3, 6, 7]),
    shuffle(high01, high23, [0, 1, 4, 5]),
    shuffle(high01, high23, [2, 3, 6, 7]),
  ].forEach((line, p) => {
    storeLanes(code, shifted(target, p * width), 1, line);
  });
}
