import type { Node, Value } from '../../graph/value.ts';
import type { Code } from '../code.ts';
import { laneType } from '../elementwise.ts';
import { type Expression, f32x4, hold, i32x4, op, shuffle } from '../expression.ts';
import type { Kernel } from '../kernel.ts';
import type { Layout } from '../layout.ts';
import { type Access, loadLanes, nest, type Place, placeOf, shifted, storeLanes } from '../loops.ts';
import { Buffer, broadcastStrides, type View } from '../view.ts';

export interface ProductOptions {
  /** Multiply and add with one rounding, where the processor has that. */
  readonly isRelaxed: boolean;
}

/** One side of a product: a matrix by the strides of its rows and columns. */
interface Matrix {
  readonly row: number;
  readonly column: number;
}

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

/** A matrix product, for each index of the leading axes. */
export function productKernel(layout: Layout, node: Node, { isRelaxed }: ProductOptions): Kernel {
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
  const { m, n, k } = spec;
  const packedWidth = 4 * Math.ceil(n / 4);
  const pack = spec.b.column === 1 || n === 1 ? undefined : new Buffer('pack', k * packedWidth);

  return {
    label: `MatMul ${m}×${k}×${n}${pack ? ' packed' : ''}`,
    reads: new Set([views[0]!.buffer, views[1]!.buffer]),
    writes: new Set([views[2]!.buffer]),
    scratch: pack ? [pack] : [],
    emit(code) {
      const accesses = views.map((view, i): Access => {
        const value = [a, b, output][i]!;
        const strides = broadcastStrides(value.shape.slice(0, -2), view.strides.slice(0, -2), leading);
        return { place: placeOf(code, view), strides };
      });
      const axes = leading.map((size) => ({ size, step: 1 }));
      nest(code, axes, accesses, ([left, right, to]) => {
        const [first, second] = isFlipped ? [right!, left!] : [left!, right!];
        if (pack === undefined) tiles(code, first, second, to!, spec.b.row);
        else {
          const packed = placeOf(code, { buffer: pack, offset: 0, strides: [] });
          packRows(code, second, packed);
          tiles(code, first, packed, to!, packedWidth);
        }
      });
    },
  };

  /** Copies b so that its rows are contiguous. */
  function packRows(code: Code, from: Place, to: Place): void {
    const { row, column } = spec.b;
    if (row !== 1) {
      nest(
        code,
        [
          { size: k, step: 1 },
          { size: n, step: 1 },
        ],
        [
          { place: from, strides: [row, column] },
          { place: to, strides: [packedWidth, 1] },
        ],
        ([source, target]) => storeLanes(code, target!, 1, hold(code, loadLanes(source!, 0)), 1),
      );
      return;
    }
    // Blocks of 4 × 4 are transposed in registers. The rest of a block beyond the matrix goes where nothing is read.
    const rows = 4 * Math.floor(k / 4);
    const block = (source: Place, target: Place, columns: number): void => {
      const lines = [0, 1, 2, 3].map((i) =>
        hold(code, loadLanes(shifted(source, Math.min(i, columns - 1) * column), 1)),
      );
      const [l0, l1, l2, l3] = lines as [Expression, Expression, Expression, Expression];
      const low01 = hold(code, shuffle(l0, l1, [0, 4, 1, 5]));
      const high01 = hold(code, shuffle(l0, l1, [2, 6, 3, 7]));
      const low23 = hold(code, shuffle(l2, l3, [0, 4, 1, 5]));
      const high23 = hold(code, shuffle(l2, l3, [2, 6, 3, 7]));
      const results = [
        shuffle(low01, low23, [0, 1, 4, 5]),
        shuffle(low01, low23, [2, 3, 6, 7]),
        shuffle(high01, high23, [0, 1, 4, 5]),
        shuffle(high01, high23, [2, 3, 6, 7]),
      ];
      results.forEach((result, i) => {
        storeLanes(code, shifted(target, i * packedWidth), 1, result);
      });
    };
    const fullColumns = 4 * Math.floor(n / 4);
    const blocks = (source: Place, target: Place, size: number, columns: number): void =>
      nest(
        code,
        [
          { size, step: columns === 4 ? 4 : size },
          { size: rows, step: 4 },
        ],
        [
          { place: source, strides: [column, 1] },
          { place: target, strides: [1, packedWidth] },
        ],
        ([s, t]) => block(s!, t!, columns),
      );
    if (rows > 0 && fullColumns > 0) blocks(from, to, fullColumns, 4);
    if (rows > 0 && n > fullColumns) {
      blocks(shifted(from, fullColumns * column), shifted(to, fullColumns), n - fullColumns, n - fullColumns);
    }
    if (k > rows) {
      nest(
        code,
        [
          { size: k - rows, step: 1 },
          { size: n, step: 1 },
        ],
        [
          { place: shifted(from, rows), strides: [1, column] },
          { place: shifted(to, rows * packedWidth), strides: [packedWidth, 1] },
        ],
        ([source, target]) => storeLanes(code, target!, 1, hold(code, loadLanes(source!, 0)), 1),
      );
    }
  }

  function tiles(code: Code, first: Place, second: Place, to: Place, rowOfB: number): void {
    const totals = Array.from({ length: 8 }, () => code.local('v128'));
    const factor = code.local('v128');
    const vectors = Array.from({ length: 8 }, () => code.local('v128'));
    const multiplyAdd = (total: number, x: Expression, y: Expression): void => {
      const before: Expression = (c) => c.get(total);
      if (!isFloat) op('i32x4.add', before, op('i32x4.mul', x, y))(code);
      else if (isRelaxed) op('f32x4.relaxed_madd', x, y, before)(code);
      else op('f32x4.add', before, op('f32x4.mul', x, y))(code);
      code.set(total);
    };
    const tile = (atA: Place, atB: Place, atC: Place, rows: number, width: number, lanes: number): void => {
      for (let i = 0; i < rows * width; i++) {
        (isFloat ? f32x4(0) : i32x4(0))(code);
        code.set(totals[i]!);
      }
      nest(
        code,
        [{ size: k, step: 1 }],
        [
          { place: atA, strides: [spec.a.column] },
          { place: atB, strides: [rowOfB] },
        ],
        ([x, y]) => {
          for (let v = 0; v < width; v++) {
            loadLanes(shifted(y!, 4 * v), 1)(code);
            code.set(vectors[v]!);
          }
          for (let r = 0; r < rows; r++) {
            loadLanes(shifted(x!, r * spec.a.row), 0)(code);
            code.set(factor);
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
      for (let r = 0; r < rows; r++) {
        for (let v = 0; v < width; v++) {
          const place = shifted(atC, r * spec.c.row + 4 * v * spec.c.column);
          const total = totals[r * width + v]!;
          storeLanes(code, place, spec.c.column, (c) => c.get(total), v === width - 1 ? lanes : 4);
        }
      }
    };
    const columns = (atA: Place, atC: Place, rows: number): void => {
      const width = Math.min(VECTORS_BY_ROWS[rows]!, Math.ceil(n / 4));
      const full = Math.floor(n / (4 * width)) * 4 * width;
      const accesses: Access[] = [
        { place: second, strides: [1] },
        { place: atC, strides: [spec.c.column] },
      ];
      if (full > 0) {
        nest(code, [{ size: full, step: 4 * width }], accesses, ([y, z]) => tile(atA, y!, z!, rows, width, 4));
      }
      const rest = n - full;
      if (rest > 0) {
        const [y, z] = [shifted(second, full), shifted(atC, full * spec.c.column)];
        tile(atA, y, z, rows, Math.ceil(rest / 4), ((rest - 1) % 4) + 1);
      }
    };
    const fullRows = TILE_ROWS * Math.floor(m / TILE_ROWS);
    const accesses: Access[] = [
      { place: first, strides: [spec.a.row] },
      { place: to, strides: [spec.c.row] },
    ];
    if (fullRows > 0) {
      nest(code, [{ size: fullRows, step: TILE_ROWS }], accesses, ([x, z]) => columns(x!, z!, TILE_ROWS));
    }
    if (m > fullRows) {
      columns(shifted(first, fullRows * spec.a.row), shifted(to, fullRows * spec.c.row), m - fullRows);
    }
  }
}
