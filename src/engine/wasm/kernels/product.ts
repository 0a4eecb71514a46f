import type { Node, Value } from '../../graph/value.ts';
import { assign, type Code, type Expression, f32x4, hold, i32x4, op, shuffle } from '../code.ts';
import { laneType } from '../elementwise.ts';
import { divide, emitPart, type Kernel, workOf } from '../kernel.ts';
import { Buffer, broadcastStrides, type Layout, type View } from '../layout.ts';
import { type Access, access, each, loadLanes, nest, type Place, placeOf, shifted, storeLanes } from '../loops.ts';

const flipped = ({ row, column }: Matrix): Matrix => ({ row: column, column: row });

/** c[i, j] = Σ a[i, p] · b[p, j], for i < m, j < n, p < k. */
interface Spec {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Matrix;
  readonly b: Matrix;
  readonly c: Matrix;
}

/** The same as cᵀ = bᵀ · aᵀ. */
const transposed = ({ m, n, k, a, b, c }: Spec): Spec => ({
  m: n,
  n: m,
  k,
  a: flipped(b),
  b: flipped(a),
  c: flipped(c),
});

/** Elements that are moved or calculated beside those of the product itself, if b's rows are the vectors. */
function overhead({ m, n, k, b, c }: Spec): number {
  const packing = b.column === 1 || n === 1 ? 0 : k * n;
  const scattering = c.column === 1 || n === 1 ? 0 : m * n;
  const padding = (m * k * (4 * Math.ceil(n / 4) - n)) / 4;
  return packing + scattering + padding;
}

/**
 * Rows and vectors of a tile: as many running totals as fit in sixteen registers beside what they are multiplied with. Of
 * 4 × 2, 2 × 4 and 6 × 2 the first was fastest on 64 × 64 × 64 (35 GFLOP/s of a core's 48 without fused multiplication).
 */
const TILE_ROWS = 4;
const VECTORS_BY_ROWS = [8, 8, 4, 2, 2] as const;
/** Columns of b in a packed panel. */
const PANEL = 8;
/** A side of more floats than the first cache holds is packed, if it is walked often enough: its rows would push each other out. */
const CACHED = 8192;
const OFTEN = 16;
/**
 * How many of the k products are added up at once, so that panels stay in the caches. Packing and blocks took 64 × 2048 × 64 with the
 * left side transposed from 23 to 32 GFLOP/s, and 256 × 256 × 256 from 21 to 35.
 */
const BLOCK = 256;

/** A block of one side of a product in memory, or in panels. */
interface Side {
  readonly place: Place;
  /** Elements from one of the k to the next. */
  readonly along: number;
  /** Elements from one row of a, or column of b, to that so many further, where that many are whole panels. */
  readonly across: number;
  /** The place of row r of a group of a, or of vector v of a tile of b. */
  at(place: Place, index: number): Place;
}

/**
 * A matrix product, for each index of the leading axes.
 * @param threads among how many it may be divided, by rows or columns, so that no sum is
 */
export function productKernel(layout: Layout, node: Node, threads: number): Kernel {
  const [a, b] = node.inputs as [Value, Value];
  const [output] = node.outputs as [Value];
  const shape = output.shape;
  const leading = shape.slice(0, -2);
  const views = [a, b, output].map((value) => layout.viewOf(value));
  const isFloat = laneType(output.dtype) === 'f32';
  const matrix = ({ strides }: View, isTransposed: boolean): Matrix => {
    const [row, column] = [strides.at(-2)!, strides.at(-1)!];
    return isTransposed ? { row: column, column: row } : { row, column };
  };
  const isTransposedA = node.attributes.transA === 1;
  const plain: Spec = {
    m: shape.at(-2)!,
    n: shape.at(-1)!,
    k: a.shape.at(isTransposedA ? -2 : -1)!,
    a: matrix(views[0]!, isTransposedA),
    b: matrix(views[1]!, node.attributes.transB === 1),
    c: matrix(views[2]!, false),
  };
  const isFlipped = overhead(transposed(plain)) < overhead(plain);
  const spec = isFlipped ? transposed(plain) : plain;
  const { k } = spec;
  const isPackedB = spec.n > 1 && (spec.b.column !== 1 || (k * spec.n > CACHED && spec.m >= OFTEN));
  const isPackedA = spec.a.row === 1 && spec.a.column !== 1 && k * spec.m > CACHED && spec.n >= OFTEN;
  const isBlocked = k > BLOCK && isPackedB && spec.c.column === 1;
  const longest = isBlocked ? BLOCK : k;
  const division = divide([spec.m, spec.n], workOf(node), views, threads);
  const [rows, columns] = [0, 1].map((axis) => (division?.axis === axis ? division.size : [spec.m, spec.n][axis]!));
  // Each part packs for itself.
  const pack = (isPacked: boolean, width: number, lines: number): View[] => {
    const size = longest * width * Math.ceil(lines / width);
    return isPacked ? [{ buffer: new Buffer(size * (division?.parts ?? 1)), offset: 0, strides: [size] }] : [];
  };
  const packsOfA = pack(isPackedA, TILE_ROWS, rows!);
  const packsOfB = pack(isPackedB, PANEL, columns!);
  const packs = [...packsOfA, ...packsOfB];

  return {
    label: `MatMul ${spec.m}×${k}×${spec.n}${isPackedA ? ', packed a' : ''}${isPackedB ? ', packed b' : ''}${isBlocked ? `, by ${BLOCK}` : ''}`,
    reads: new Set([views[0]!.buffer, views[1]!.buffer]),
    writes: new Set([views[2]!.buffer]),
    scratch: packs.map(({ buffer }) => buffer),
    parts: division?.parts,
    describe(words) {
      const [left, right, to] = [a, b, output].map((value, i): View => {
        const view = views[i]!;
        return { ...view, strides: broadcastStrides(value.shape.slice(0, -2), view.strides.slice(0, -2), leading) };
      }) as [View, View, View];
      const [first, second] = isFlipped ? [right, left] : [left, right];
      words.product(isFloat, leading, spec, [
        [first, spec.a],
        [second, spec.b],
        [to, spec.c],
      ]);
    },
    emit(code) {
      const all = [...views, ...packs];
      if (division === undefined) {
        emitRange(code, spec.m, spec.n, all);
        return;
      }
      const isByRows = division.axis === 0;
      const byRows = [spec.a.row, 0, spec.c.row];
      const byColumns = [0, spec.b.column, spec.c.column];
      const [first, second, to] = isByRows ? byRows : byColumns;
      const strides = isFlipped ? [second!, first!, to!] : [first!, second!, to!];
      const steps = [...strides.map((stride) => stride * division.size), ...packs.map((view) => view.strides[0]!)];
      emitPart(code, division, all, steps, (size, moved) =>
        isByRows ? emitRange(code, size, spec.n, moved) : emitRange(code, spec.m, size, moved),
      );
    },
  };

  /** The first m rows and n columns of the result. */
  function emitRange(code: Code, m: number, n: number, all: readonly View[]): void {
    const accesses = [a, b, output].map((value, i): Access => {
      const view = all[i]!;
      return access(code, view, broadcastStrides(value.shape.slice(0, -2), view.strides.slice(0, -2), leading));
    });
    const packA = isPackedA ? all[3] : undefined;
    const packB = isPackedB ? all.at(-1) : undefined;
    nest(code, each(leading), accesses, ([left, right, to]) => {
      const [first, second] = isFlipped ? [right!, left!] : [left!, right!];
      if (!isBlocked) {
        block(first, second, to!, k, false);
        return;
      }
      clear(to!);
      const full = BLOCK * Math.floor(k / BLOCK);
      const sides: Access[] = [
        { place: first, strides: [spec.a.column] },
        { place: second, strides: [spec.b.row] },
      ];
      nest(code, [{ size: full, step: BLOCK }], sides, ([x, y]) => block(x!, y!, to!, BLOCK, true));
      if (k === full) return;
      const [x, y] = [shifted(first, full * spec.a.column), shifted(second, full * spec.b.row)];
      block(x, y, to!, k - full, true);
    });

    /** Sets the result, whose rows are contiguous, to 0. */
    function clear(to: Place): void {
      const zero = isFloat ? f32x4(0) : i32x4(0);
      nest(code, [{ size: m, step: 1 }], [{ place: to, strides: [spec.c.row] }], ([line]) => {
        const full = 4 * Math.floor(n / 4);
        const access = { place: line!, strides: [1] };
        if (full > 0) nest(code, [{ size: full, step: 4 }], [access], ([at]) => storeLanes(code, at!, 1, zero));
        if (n > full) storeLanes(code, shifted(line!, full), 1, zero, n - full);
      });
    }

    /** The products of `length` of the k; added to what is in c, or put there. */
    function block(first: Place, second: Place, to: Place, length: number, isAdded: boolean): void {
      let left: Side = {
        place: first,
        along: spec.a.column,
        across: spec.a.row,
        at: (place, r) => shifted(place, r * spec.a.row),
      };
      let right: Side = { place: second, along: spec.b.row, across: 1, at: (place, v) => shifted(place, 4 * v) };
      if (packA !== undefined) {
        const place = placeOf(code, packA);
        packPanels(code, first, flipped(spec.a), place, { length, columns: m, width: TILE_ROWS });
        left = { place, along: TILE_ROWS, across: length, at: shifted };
      }
      if (packB !== undefined) {
        const place = placeOf(code, packB);
        packPanels(code, second, spec.b, place, { length, columns: n, width: PANEL });
        const at = (from: Place, v: number): Place => shifted(from, Math.floor(v / 2) * PANEL * length + 4 * (v % 2));
        right = { place, along: PANEL, across: length, at };
      }
      tiles(left, right, to, length, isAdded);
    }

    function tiles(left: Side, right: Side, to: Place, length: number, isAdded: boolean): void {
      const totals = Array.from({ length: 8 }, () => code.local('v128'));
      const factor = code.local('v128');
      const vectors = Array.from({ length: 8 }, () => code.local('v128'));
      const multiplyAdd = (total: number, x: Expression, y: Expression): void => {
        const before: Expression = (c) => c.get(total);
        if (!isFloat) op('i32x4.add', before, op('i32x4.mul', x, y))(code);
        else op('f32x4.add', before, op('f32x4.mul', x, y))(code);
        code.set(total);
      };
      const tile = (atA: Place, atB: Place, atC: Place, rows: number, width: number, lanes: number): void => {
        const lanesOf = (v: number): number => (v === width - 1 ? lanes : 4);
        const places = Array.from({ length: rows * width }, (_, i) =>
          shifted(atC, Math.floor(i / width) * spec.c.row + 4 * (i % width) * spec.c.column),
        );
        places.forEach((place, i) => {
          assign(
            code,
            totals[i]!,
            isAdded ? loadLanes(place, spec.c.column, lanesOf(i % width)) : isFloat ? f32x4(0) : i32x4(0),
          );
        });
        nest(
          code,
          [{ size: length, step: 1 }],
          [
            { place: atA, strides: [left.along] },
            { place: atB, strides: [right.along] },
          ],
          ([x, y]) => {
            for (let v = 0; v < width; v++) {
              assign(code, vectors[v]!, loadLanes(right.at(y!, v), 1, lanesOf(v)));
            }
            for (let r = 0; r < rows; r++) {
              assign(code, factor, loadLanes(left.at(x!, r), 0));
              for (let v = 0; v < width; v++) {
                multiplyAdd(
                  totals[r * width + v]!,
                  (c) => c.get(factor),
                  (c) => c.get(vectors[v]!),
                );
              }
            }
          },
        );
        places.forEach((place, i) => {
          storeLanes(code, place, spec.c.column, (c) => c.get(totals[i]!), lanesOf(i % width));
        });
      };
      const columns = (atA: Place, atC: Place, rows: number): void => {
        const width = Math.min(VECTORS_BY_ROWS[rows]!, Math.ceil(n / 4));
        const full = Math.floor(n / (4 * width)) * 4 * width;
        const accesses: Access[] = [
          { place: right.place, strides: [right.across] },
          { place: atC, strides: [spec.c.column] },
        ];
        if (full > 0) {
          nest(code, [{ size: full, step: 4 * width }], accesses, ([y, z]) => tile(atA, y!, z!, rows, width, 4));
        }
        const rest = n - full;
        if (rest > 0) {
          const [y, z] = [shifted(right.place, full * right.across), shifted(atC, full * spec.c.column)];
          tile(atA, y, z, rows, Math.ceil(rest / 4), ((rest - 1) % 4) + 1);
        }
      };
      const fullRows = TILE_ROWS * Math.floor(m / TILE_ROWS);
      const accesses: Access[] = [
        { place: left.place, strides: [left.across] },
        { place: to, strides: [spec.c.row] },
      ];
      if (fullRows > 0) {
        nest(code, [{ size: fullRows, step: TILE_ROWS }], accesses, ([x, z]) => columns(x!, z!, TILE_ROWS));
      }
      if (m > fullRows) {
        columns(shifted(left.place, fullRows * left.across), shifted(to, fullRows * spec.c.row), m - fullRows);
      }
    }
  }
}

/** A matrix by the strides of its rows and columns, in elements. */
interface Matrix {
  readonly row: number;
  readonly column: number;
}

/**
 * Copies a matrix of `length` rows into panels of `width` columns, 4 or 8, one after another: element (p, j) comes to
 * ⌊j / width⌋ · length · width + p · width + j mod width. Walking down a panel is then walking on in memory. What is beyond the last
 * column is undefined.
 */
function packPanels(
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
  if (blocks > 0)
    rows(0, blocks, 4, (source, target, lanes) => transposedBlock(code, source, column, target, width, lanes));
  if (length > blocks) rows(blocks, length - blocks, 1, copy);
}

/** A block of 4 × 4 of contiguous columns, transposed in registers. Of columns beyond `lanes` the last one is taken. */
function transposedBlock(code: Code, source: Place, column: number, target: Place, width: number, lanes: number): void {
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
