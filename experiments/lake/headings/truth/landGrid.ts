import { border, type Disc, home, lake, type Point } from '../../../../envs/lake/lakeMap.ts';

/** How far from a shore or a line, where a walker cannot stand, the nodes on it are put. */
const ASIDE = 1e-9;

/** Where a point lies among the nodes: in the cell above and to the right of node `corner`, by these shares of its width. */
export interface Place {
  readonly corner: number;
  readonly across: number;
  readonly up: number;
}

/**
 * A square grid on the land, for bilinear interpolation. The line x = 0, which a blocked bank floods, has two columns, one for each
 * of its sides: nothing is interpolated across it. Nodes in the lake and in home, where nobody stands, stand for the nearest point
 * ashore.
 */
export class LandGrid {
  /** How many nodes there are, row by row from the lowest y, each row from the lowest x. */
  readonly size: number;
  /** Nodes of a row. */
  readonly columns: number;
  readonly #cells: number;
  readonly #width: number;

  /** @throws if `cells`, along one side of the land, is not an even number of at least 2 */
  constructor(cells: number) {
    if (!(Number.isInteger(cells) && cells >= 2 && cells % 2 === 0)) {
      throw new Error(`LandGrid: cells: got ${cells}, expected an even number of at least 2`);
    }
    this.#cells = cells;
    this.#width = (2 * border) / cells;
    this.columns = cells + 2;
    this.size = (cells + 1) * this.columns;
  }

  /** Where a walker stands at a node. */
  position(node: number): Point {
    const column = node % this.columns;
    const y = -border + Math.floor(node / this.columns) * this.#width;
    const right = this.#cells / 2 + 1;
    const isRight = column >= right;
    const x = -border + (isRight ? column - 1 : column) * this.#width;
    const aside = column === right ? ASIDE : column === right - 1 ? -ASIDE : 0;
    return ashore(ashore({ x: x + aside, y }, lake), home);
  }

  place(x: number, y: number): Place {
    const cells = this.#cells;
    const isRight = x >= 0;
    const column = Math.min(Math.floor((x + border) / this.#width), (isRight ? cells : cells / 2) - 1);
    const row = Math.min(Math.floor((y + border) / this.#width), cells - 1);
    return {
      corner: row * this.columns + column + (isRight ? 1 : 0),
      across: (x + border) / this.#width - column,
      up: (y + border) / this.#width - row,
    };
  }
}

/** The point on the disc's shore nearest to one within it; another point itself. */
function ashore(point: Point, disc: Disc): Point {
  const [x, y] = [point.x - disc.x, point.y - disc.y];
  const distance = Math.sqrt(x * x + y * y);
  if (distance > disc.radius || distance === 0) return point;
  const stretch = (disc.radius * (1 + ASIDE)) / distance;
  return { x: disc.x + x * stretch, y: disc.y + y * stretch };
}
