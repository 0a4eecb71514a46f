// Matrix products. Each element is 0 + a·b + a·b + …, added in the order of k, so that no width and no tile changes its bits: with two
// roundings a step, or fused with one, which no level does otherwise than another either.
#pragma once
#include "elementwise.h"
#include "memory.h"

/** c[i, j] = Σ a[i, p] · b[p, j], for i < m, j < n, p < k, and for each index of the leading axes. */
struct Product {
  struct Space leading;
  struct View a, b, c;
  int32_t m, n, k, rowA, columnA, rowB, columnB, rowC, columnC;
  bool isFloat, isFused, isPackedA, isPackedB, isNarrow;
  /** Whether parts are of the columns, or of the rows. */
  bool isByColumns;
};

/** Rows and vectors of a tile: as many running totals as registers hold beside what they are multiplied with. */
#if W == 16
#define TILE_ROWS 8
#else
#define TILE_ROWS 4
#endif
#define TILE_VECTORS 2
/** The most columns with which the lanes are rows. */
#define NARROW (W / 4)
/** Columns of a packed panel. */
#define PANEL (TILE_VECTORS * W)
/** So many of the k products, and so many rows, at once, so that a panel and the rows stay in the caches. */
#define BLOCK 256
#define BLOCK_ROWS 96
/** A side of more floats than the first cache holds is packed, if it is walked often enough: its rows would push each other out. */
#define CACHED 8192
#define OFTEN 16

/** How many of the k products at once: what is in c can be added to only where it is contiguous. */
static int32_t longestOf(const struct Product *it) { return it->columnC != 1 || it->k < BLOCK ? it->k : BLOCK; }

/** The floats of the panels of a block. */
static size_t packedA(const struct Product *it) { return it->isPackedA ? (size_t)BLOCK_ROWS * (size_t)longestOf(it) : 0; }
static size_t packedB(const struct Product *it) {
  return it->isPackedB ? (size_t)longestOf(it) * (((size_t)it->n + PANEL - 1) / PANEL * PANEL) : 0;
}

SMALL void *readProduct(struct Reader *reader) {
  struct Product *it = allocate(reader, sizeof *it);
  if (it == NULL) return NULL;
  const int32_t type = within(reader, 0, 2);
  it->isFloat = type > 0;
  it->isFused = type == 2;
  it->leading = spaceOf(reader);
  it->m = within(reader, 0, MOST_ELEMENTS);
  it->n = within(reader, 0, MOST_ELEMENTS);
  it->k = within(reader, 0, MOST_ELEMENTS);
  struct View *views[] = {&it->a, &it->b, &it->c};
  int32_t *strides[][2] = {{&it->rowA, &it->columnA}, {&it->rowB, &it->columnB}, {&it->rowC, &it->columnC}};
  const int32_t sizes[][2] = {{it->m, it->k}, {it->k, it->n}, {it->m, it->n}};
  const bool isEmpty = it->m == 0 || it->n == 0 || elementsOf(it->leading) == 0;
  for (int i = 0; i < 3; i++) {
    struct Reach reach;
    *views[i] = viewWith(reader, it->leading, &reach);
    for (int j = 0; j < 2; j++) {
      *strides[i][j] = word(reader);
      extend(&reach, sizes[i][j], *strides[i][j]);
    }
    if (reader->wrong != NULL) return NULL;
    if (!isEmpty && (it->k > 0 || i == 2)) checkReach(reader, views[i], reach);
  }
  const int64_t k = it->k;
  it->isNarrow = it->isFloat && it->n <= NARROW && it->m >= W && (it->columnA == 1 || it->rowA == 1);
  it->isPackedA = it->isFloat && !it->isNarrow && it->rowA == 1 && it->columnA != 1 && k * it->m > CACHED && it->n >= OFTEN;
  it->isPackedB = it->isFloat && !it->isNarrow && it->n > 1 && (it->columnB != 1 || (k * it->n > CACHED && it->m >= OFTEN));
  it->isByColumns = it->n > it->m;
  reader->parts = partsOf(it->isByColumns ? it->n : it->m, it->isByColumns ? PANEL : it->isNarrow ? W : TILE_ROWS,
                          (double)elementsOf(it->leading) * it->m * it->n * (double)k / 40, reader->threads);
  claim(reader, packedA(it) + packedB(it));
  return it;
}

/** Rows become columns: in each turn rows 1, 2, 4, … apart exchange their halves. */
static __attribute__((noinline)) void transposed(F rows[W]) {
  UNROLLED for (int s = 1; s < W; s *= 2) {
    UNROLLED for (int i = 0; i < W; i++) {
      if (i & s) continue;
      const F a = rows[i], b = rows[i + s];
      UNROLLED for (int l = 0; l < W; l++) {
        rows[i][l] = l & s ? b[l - s] : a[l];
        rows[i + s][l] = l & s ? b[l] : a[l + s];
      }
    }
  }
}

/** Panels of b, one after another: element (p, j) comes to ⌊j / PANEL⌋ · k · PANEL + p · PANEL + j mod PANEL. */
static void pack(const float *b, int32_t row, int32_t column, int32_t k, int32_t n, float *to) {
  for (int32_t j = 0; j < n; j += PANEL, b += (int64_t)PANEL * column, to += (int64_t)PANEL * k) {
    const int width = n - j < PANEL ? n - j : PANEL;
    if (column == 1) {
      for (int32_t p = 0; p < k; p++) memcpy(to + (int64_t)p * PANEL, b + (int64_t)p * row, 4 * (size_t)width);
      continue;
    }
    for (int i = 0; i < width; i += W) {
      const int lanes = width - i < W ? width - i : W;
      const float *from = b + (int64_t)i * column;
      float *into = to + i;
      int32_t p = 0;
      if (row == 1) {
        for (; p < k; p += W, from += W, into += W * PANEL) {
          F rows[W];
          // Of columns beyond the last one, that.
          UNROLLED for (int l = 0; l < W; l++) rows[l] = *(const F *)(from + (int64_t)(l < lanes ? l : lanes - 1) * column);
          transposed(rows);
          UNROLLED for (int l = 0; l < W; l++) if (p + l < k) *(F *)(into + l * PANEL) = rows[l];
        }
      }
      for (; p < k; p++, from += row, into += PANEL) {
        for (int l = 0; l < lanes; l++) into[l] = from[(int64_t)l * column];
      }
    }
  }
}

/** Panels of TILE_ROWS rows of a, which lie one after another in its columns: element (i, p) comes to p · TILE_ROWS + i mod TILE_ROWS. */
static void packRows(const float *a, int32_t column, int32_t m, int32_t k, float *to) {
  for (int32_t i = 0; i < m; i += TILE_ROWS, a += TILE_ROWS, to += (int64_t)TILE_ROWS * k) {
    const int rows = m - i < TILE_ROWS ? m - i : TILE_ROWS;
    for (int32_t p = 0; p < k; p++) {
      const float *from = a + (int64_t)p * column;
      float *into = to + (int64_t)p * TILE_ROWS;
      if (rows == TILE_ROWS) memcpy(into, from, 4 * TILE_ROWS);
      else for (int r = 0; r < rows; r++) into[r] = from[r];
    }
  }
}

/** Where a tile works: b's rows are contiguous, and so are c's unless `columnC` says otherwise. */
struct Tile {
  const float *a, *b;
  float *c;
  int32_t rowA, columnA, rowB, rowC, columnC, k;
  /** From one PANEL of b's columns to the next. */
  int64_t panel;
  /** Of the last vector. */
  int lanes;
  bool isAdded;
};


/** The first lanes of a vector. */
static __attribute__((noinline)) F loadPart(const float *from, int lanes) {
  F v = splat(0);
  memcpy(&v, from, 4 * (size_t)lanes);
  return v;
}

/** `rows` × `vectors` running totals, over all k: constants where it is inlined, so that the totals are registers. */
INLINE void tile(const struct Tile *it, const int rows, const int vectors, const bool isFused) {
  F totals[TILE_ROWS][4], columns[4];
  const int64_t rowA = it->rowA, columnA = it->columnA, rowB = it->rowB, panel = it->panel;
  UNROLLED for (int r = 0; r < rows; r++) {
    UNROLLED for (int v = 0; v < vectors; v++) {
      const float *from = it->c + (int64_t)r * it->rowC + v * W;
      totals[r][v] = !it->isAdded ? splat(0) : v == vectors - 1 && it->lanes < W ? loadPart(from, it->lanes) : *(const F *)from;
    }
  }
  const float *a = it->a, *b = it->b;
  for (int32_t p = 0; p < it->k; p++, a += columnA, b += rowB) {
    UNROLLED for (int v = 0; v < vectors; v++) columns[v] = *(const F *)(b + v / TILE_VECTORS * panel + v % TILE_VECTORS * W);
    UNROLLED for (int r = 0; r < rows; r++) {
      const F factor = splat(a[r * rowA]);
      UNROLLED for (int v = 0; v < vectors; v++) {
        F *total = &totals[r][v];
        *total = isFused ? __builtin_elementwise_fma(factor, columns[v], *total) : *total + factor * columns[v];
      }
    }
  }
  UNROLLED for (int r = 0; r < rows; r++) {
    UNROLLED for (int v = 0; v < vectors; v++) {
      const F total = totals[r][v];
      float *to = it->c + (int64_t)r * it->rowC + (int64_t)v * W * it->columnC;
      const int lanes = v == vectors - 1 ? it->lanes : W;
      if (it->columnC != 1) scatterLanes(to, total, it->columnC, lanes);
      else if (lanes == W) *(F *)to = total;
      else storePart(to, total, lanes);
    }
  }
}

#define TILE(rows, vectors)                                                                                            \
  static void tile##rows##x##vectors(const struct Tile *it, bool isFused) {                                            \
    if (isFused && vectors <= TILE_VECTORS) tile(it, rows, vectors, true);                                             \
    else tile(it, rows, vectors, false);                                                                               \
  }
TILE(1, 1) TILE(1, 2) TILE(1, 4) TILE(2, 1) TILE(2, 2) TILE(2, 4) TILE(4, 1) TILE(4, 2)
#if TILE_ROWS == 8
TILE(8, 1) TILE(8, 2)
#endif

/** m rows and all n columns of c, over `k` of the products. */
static void block(const struct Product *it, const float *a, const float *b, float *c, int32_t m, int32_t k, bool isAdded) {
  struct Tile at = {.rowA = it->rowA, .columnA = it->isPackedA ? TILE_ROWS : it->columnA, .rowC = it->rowC, .columnC = it->columnC, .k = k,
                    .rowB = it->isPackedB ? PANEL : it->rowB, .panel = it->isPackedB ? (int64_t)PANEL * k : PANEL,
                    .isAdded = isAdded};
  // Few rows take wide tiles, so that their sums do not wait for one another. A fused sum is for wide networks and large batches.
  const int wide = m <= 2 && !it->isFused ? 4 : TILE_VECTORS;
  for (int32_t j = 0; j < it->n;) {
    const int32_t left = it->n - j;
    const int vectors = left >= wide * W ? wide : left > W ? TILE_VECTORS : 1;
    at.lanes = left >= vectors * W ? W : (left - 1) % W + 1;
    at.b = it->isPackedB ? b + j / PANEL * at.panel : b + j;
    for (int32_t i = 0; i < m;) {
      const int rows = vectors < 4 && m - i >= TILE_ROWS ? TILE_ROWS : vectors < 4 && m - i >= 4 ? 4 : m - i >= 2 ? 2 : 1;
      at.a = a + (it->isPackedA ? (int64_t)(i / TILE_ROWS) * TILE_ROWS * k + i % TILE_ROWS : (int64_t)i * it->rowA);
      at.c = c + (int64_t)i * it->rowC + (int64_t)j * it->columnC;
      if (vectors == 4) (rows == 1 ? tile1x4 : tile2x4)(&at, it->isFused);
      else if (rows == 1) (vectors == 1 ? tile1x1 : tile1x2)(&at, it->isFused);
      else if (rows == 2) (vectors == 1 ? tile2x1 : tile2x2)(&at, it->isFused);
#if TILE_ROWS == 8
      else if (rows == 8) (vectors == 1 ? tile8x1 : tile8x2)(&at, it->isFused);
#endif
      else (vectors == 1 ? tile4x1 : tile4x2)(&at, it->isFused);
      i += rows;
    }
    j += vectors * W;
  }
}

/** W rows, or so many, and at most NARROW columns, over all k: of rows and columns beyond the last one, that. */
static __attribute__((noinline)) void narrow(const struct Product *it, const float *a, const float *b, float *c, int rows) {
  F totals[NARROW], square[W];
  int64_t column[NARROW];
  UNROLLED for (int j = 0; j < NARROW; j++) {
    totals[j] = splat(0);
    column[j] = (int64_t)(j < it->n ? j : it->n - 1) * it->columnB;
  }
  for (int32_t p = 0; p < it->k; p += W) {
    const float *lanes = a + (int64_t)p * it->columnA;
    int64_t step = it->columnA;
    if (step == 1) {
      UNROLLED for (int l = 0; l < W; l++) square[l] = *(const F *)(lanes + (int64_t)(l < rows ? l : rows - 1) * it->rowA);
      transposed(square);
      lanes = (const float *)square;
      step = W;
    }
    const float *factors = b + (int64_t)p * it->rowB;
    const int32_t end = it->k - p < W ? it->k - p : W;
    for (int32_t q = 0; q < end; q++, lanes += step, factors += it->rowB) {
      const F left = *(const F *)lanes;
      UNROLLED for (int j = 0; j < NARROW; j++) {
        const F right = splat(factors[column[j]]);
        totals[j] = it->isFused ? __builtin_elementwise_fma(left, right, totals[j]) : totals[j] + left * right;
      }
    }
  }
  for (int j = 0; j < it->n; j++) scatterLanes(c + (int64_t)j * it->columnC, totals[j], it->rowC, rows);
}

static void multiply(const struct Product *it, const float *a, const float *b, float *c, float *scratch) {
  if (it->k == 0) {
    for (int32_t i = 0; i < it->m; i++) {
      for (int32_t j = 0; j < it->n; j++) c[(int64_t)i * it->rowC + (int64_t)j * it->columnC] = 0;
    }
    return;
  }
  if (it->isNarrow) {
    for (int32_t i = 0; i < it->m; i += W, a += (int64_t)W * it->rowA, c += (int64_t)W * it->rowC) {
      narrow(it, a, b, c, it->m - i < W ? it->m - i : W);
    }
    return;
  }
  const int32_t longest = longestOf(it);
  for (int32_t p = 0; p < it->k; p += longest) {
    const int32_t length = it->k - p < longest ? it->k - p : longest;
    const float *right = b + (int64_t)p * it->rowB;
    if (it->isPackedB) {
      pack(right, it->rowB, it->columnB, length, it->n, scratch);
      right = scratch;
    }
    for (int32_t i = 0; i < it->m; i += BLOCK_ROWS) {
      const int32_t rows = it->m - i < BLOCK_ROWS ? it->m - i : BLOCK_ROWS;
      const float *left = a + (int64_t)i * it->rowA + (int64_t)p * it->columnA;
      if (it->isPackedA) {
        packRows(left, it->columnA, rows, length, scratch + packedB(it));
        left = scratch + packedB(it);
      }
      block(it, left, right, c + (int64_t)i * it->rowC, rows, length, p > 0);
    }
  }
}

/** Integers wrap. */
SMALL void multiplyIntegers(const struct Product *it, const float *a, const float *b, float *c) {
  for (int32_t i = 0; i < it->m; i++) {
    for (int32_t j = 0; j < it->n; j++) {
      uint32_t total = 0;
      for (int32_t p = 0; p < it->k; p++) {
        uint32_t u, v;
        memcpy(&u, a + (int64_t)i * it->rowA + (int64_t)p * it->columnA, 4);
        memcpy(&v, b + (int64_t)p * it->rowB + (int64_t)j * it->columnB, 4);
        total += u * v;
      }
      memcpy(c + (int64_t)i * it->rowC + (int64_t)j * it->columnC, &total, 4);
    }
  }
}

static void runProduct(const struct Context *context, const void *operation, struct Range range) {
  struct Product mine = *(const struct Product *)operation;
  struct Product *it = &mine;
  if (it->m == 0 || it->n == 0 || elementsOf(it->leading) == 0) return;
  const int32_t begin = (int32_t)range.begin;
  if (it->isByColumns) it->n = (int32_t)range.end - begin;
  else it->m = (int32_t)range.end - begin;
  struct Walk walk = {.space = it->leading, .tensors = 3};
  stepTo(&walk, 0, context, it->a);
  stepTo(&walk, 1, context, it->b);
  stepTo(&walk, 2, context, it->c);
  if (it->isByColumns) walk.at[1] += (int64_t)begin * it->columnB;
  else walk.at[0] += (int64_t)begin * it->rowA;
  walk.at[2] += (int64_t)begin * (it->isByColumns ? it->columnC : it->rowC);
  do {
    if (it->isFloat) multiply(it, walk.at[0], walk.at[1], walk.at[2], context->scratch);
    else multiplyIntegers(it, walk.at[0], walk.at[1], walk.at[2]);
  } while (next(&walk));
}
