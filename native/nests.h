// Reductions, running totals, the greatest elements, sums over letters, and rows by their indices.
#pragma once
#include "elementwise.h"
#include "memory.h"

/** How values are joined: floats, and then integers. */
enum Rule { SUM, MAX, MIN, PROD, SUM_I, MAX_I, MIN_I, PROD_I, RULES };

static __attribute__((noinline)) F joinIntegers(enum Rule rule, F a, F b) {
  const I u = bits(a), v = bits(b);
  if (rule == SUM_I) return floats((I)((U)u + (U)v));
  if (rule == PROD_I) return floats((I)((U)u * (U)v));
  return floats(ichoose(rule == MAX_I ? u > v : u < v, u, v));
}

/** Joins vectors with totals, all by one rule. */
INLINE void join(enum Rule rule, F *totals, const F *values, const int vectors) {
#define EACH(value)                                                                                                  \
  UNROLLED for (int v = 0; v < vectors; v++) {                                                                       \
    const F a = totals[v], b = values[v];                                                                            \
    totals[v] = value;                                                                                               \
  }                                                                                                                  \
  break
  switch (rule) {
    case SUM: EACH(a + b);
    case MAX: EACH(vmax(a, b));
    case MIN: EACH(vmin(a, b));
    case PROD: EACH(a * b);
    default: UNROLLED for (int v = 0; v < vectors; v++) totals[v] = joinIntegers(rule, totals[v], values[v]);
  }
#undef EACH
}

/** Joins the elements along some axes. */
struct Reduction {
  enum Rule rule;
  /** What the result is divided by, for a mean; 0 for others. */
  float count;
  int32_t neutral;
  struct Space kept, reduced;
  struct View from, to;
  const int32_t *steps;
  /** The reduced axis along which four totals are joined at the end, or −1: then `lane` is the kept one that vectors run along. */
  int32_t across, lane;
  /** The kept axis that parts are of, or −1. */
  int32_t divided;
};

SMALL void *readReduction(struct Reader *reader) {
  struct Reduction *it = allocate(reader, sizeof *it);
  if (it == NULL) return NULL;
  it->rule = (enum Rule)within(reader, 0, RULES - 1);
  const int32_t count = word(reader);
  memcpy(&it->count, &count, 4);
  it->neutral = word(reader);
  it->kept = spaceOf(reader);
  it->reduced = spaceOf(reader);
  struct Reach reach;
  it->from = viewWith(reader, it->kept, &reach);
  it->to = viewOf(reader, it->kept);
  it->steps = words(reader, it->reduced.axes);
  it->across = within(reader, -1, it->reduced.axes - 1);
  it->lane = within(reader, -1, it->kept.axes - 1);
  if (reader->wrong != NULL) return NULL;
  for (int i = 0; i < it->reduced.axes; i++) extend(&reach, it->reduced.sizes[i], it->steps[i]);
  if (elementsOf(it->kept) > 0 && elementsOf(it->reduced) > 0) checkReach(reader, &it->from, reach);
  it->divided = -1;
  for (int i = 0; i < it->kept.axes; i++) {
    if (it->divided < 0 || it->kept.sizes[i] > it->kept.sizes[it->divided]) it->divided = i;
  }
  if (it->divided >= 0) {
    const double elements = (double)elementsOf(it->kept) * (double)elementsOf(it->reduced);
    reader->parts = partsOf(it->kept.sizes[it->divided], 16, elements / 20, reader->threads);
  }
  if (it->across >= 0 && it->steps[it->across] != 1) refuse(reader, "totals run along an axis that is not contiguous");
  return it;
}

/** W elements; n of them, the others as they come. */
INLINE F lanesOf(const float *from, int64_t stride, int n) {
  if (stride == 1) return *(const F *)from;
  F v = splat(0);
  for (int i = 0; i < W && i < n; i++) v[i] = from[i * stride];
  return v;
}

INLINE F finished(const struct Reduction *it, F total) { return it->count == 0 ? total : total / splat(it->count); }

/** `vectors` vectors of results beside each other, the last with `lanes` lanes; loops over them are unrolled. */
INLINE void columns(const struct Reduction *it, const float *from, float *to, const int vectors, int lanes, int64_t step, int64_t toStep) {
  F totals[4], values[4];
  UNROLLED for (int v = 0; v < vectors; v++) totals[v] = floats(isplat(it->neutral));
  if (elementsOf(it->reduced) > 0) {
    // The last axis by itself, since most have no other.
    const int last = it->reduced.axes - 1;
    const int32_t size = last >= 0 ? it->reduced.sizes[last] : 1;
    const int64_t stride = last >= 0 ? it->steps[last] : 0;
    struct Walk walk = {.space = {last >= 0 ? last : 0, it->reduced.sizes}, .tensors = 1, .strides = {it->steps}, .at = {(float *)from}};
    do {
      const float *at = walk.at[0];
      for (int32_t i = 0; i < size; i++, at += stride) {
        UNROLLED for (int v = 0; v < vectors; v++) values[v] = vectors > 1 ? load(at + v * W) : lanesOf(at, step, lanes);
        join(it->rule, totals, values, vectors);
      }
    } while (next(&walk));
  }
  UNROLLED for (int v = 0; v < vectors; v++) {
    const F result = finished(it, totals[v]);
    if (vectors > 1 && toStep == 1) *(F *)(to + v * W) = result;
    else if (toStep == 1) storePart(to, result, lanes);
    else scatterLanes(to + v * W * toStep, result, toStep, vectors > 1 ? W : lanes);
  }
}

static void beside(const struct Reduction *it, const float *from, float *to, int32_t length, int64_t step, int64_t toStep) {
  int32_t begin = 0;
  if (step == 1) for (; length - begin >= 4 * W; begin += 4 * W) columns(it, from + begin, to + begin * toStep, 4, W, 1, toStep);
  for (; begin < length; begin += W) {
    columns(it, from + begin * step, to + begin * toStep, 1, length - begin < W ? length - begin : W, step, toStep);
  }
}

/** Four lanes of each of W / 4 results. */
INLINE F fours(const float *const *from, int64_t offset) {
  F value;
  UNROLLED for (int i = 0; i < W / 4; i++) {
    UNROLLED for (int l = 0; l < 4; l++) value[4 * i + l] = from[i][offset + l];
  }
  return value;
}

/** The first lanes of each four, and in the others what changes nothing. */
SMALL F restOfFours(const float *const *from, int64_t offset, int lanes, F others) {
  float value[W];
  memcpy(value, &others, sizeof value);
  for (int i = 0; i < W / 4; i++) {
    for (int l = 0; l < lanes; l++) value[4 * i + l] = from[i][offset + l];
  }
  memcpy(&others, value, sizeof value);
  return others;
}

/**
 * Four totals a result, joined at the end: W / 4 results at once, each in four lanes. What is left of a row that is no multiple of four
 * comes after all whole fours.
 */
static void across(const struct Reduction *it, const float *const *from, float *const *to, int results) {
  const F neutral = floats(isplat(it->neutral));
  const int32_t length = it->reduced.sizes[it->across], rest = length % 4;
  const int last = it->reduced.axes - 1;
  F total = neutral;
  for (int part = 0; part < (rest == 0 ? 1 : 2); part++) {
    // The lanes' axis runs by fours; the order of the axes stays.
    int32_t sizes[MOST_AXES], steps[MOST_AXES];
    for (int i = 0; i <= last; i++) {
      sizes[i] = i != it->across ? it->reduced.sizes[i] : part == 0 ? length / 4 : 1;
      steps[i] = i != it->across ? it->steps[i] : 4;
    }
    const struct Space space = {last, sizes};
    if (elementsOf(space) == 0 || sizes[last] == 0) continue;
    struct Walk walk = {.space = space, .tensors = 1, .strides = {steps}, .at = {(float *)from[0] + (part == 0 ? 0 : length - rest)}};
    do {
      int64_t offset = walk.at[0] - from[0];
      for (int32_t i = 0; i < sizes[last]; i++, offset += steps[last]) {
        const F value = part == 0 ? fours(from, offset) : restOfFours(from, offset, rest, neutral);
        join(it->rule, &total, &value, 1);
      }
    } while (next(&walk));
  }
  UNROLLED for (int turn = 2; turn > 0; turn--) {
    F other;
    UNROLLED for (int i = 0; i < W; i++) other[i] = total[i ^ turn];
    join(it->rule, &total, &other, 1);
  }
  total = finished(it, total);
  UNROLLED for (int i = 0; i < W / 4; i++) if (i < results) *to[i] = total[4 * i];
}

static void runReduction(const struct Context *context, const void *operation, struct Range range) {
  const struct Reduction *it = operation;
  if (elementsOf(it->kept) == 0) return;
  int32_t kept[MOST_AXES];
  for (int i = 0; i < it->kept.axes; i++) kept[i] = i == it->divided ? (int32_t)(range.end - range.begin) : it->kept.sizes[i];
  struct Walk walk = {.space = {it->kept.axes, kept}, .tensors = 2};
  stepTo(&walk, 0, context, it->from);
  stepTo(&walk, 1, context, it->to);
  if (it->divided >= 0) {
    walk.at[0] += range.begin * it->from.strides[it->divided];
    walk.at[1] += range.begin * it->to.strides[it->divided];
  }
  if (it->across >= 0) {
    const float *from[W / 4];
    float *to[W / 4];
    for (bool more = true; more;) {
      int results = 0;
      while (more && results < W / 4) {
        from[results] = walk.at[0];
        to[results++] = walk.at[1];
        more = next(&walk);
      }
      for (int i = results; i < W / 4; i++) from[i] = from[0];
      across(it, from, to, results);
    }
    return;
  }
  const int32_t length = it->lane >= 0 ? kept[it->lane] : 1;
  if (it->lane >= 0) kept[it->lane] = 1;
  const int64_t step = it->lane >= 0 ? it->from.strides[it->lane] : 0;
  const int64_t toStep = it->lane >= 0 ? it->to.strides[it->lane] : 1;
  do beside(it, walk.at[0], walk.at[1], length, step, toStep);
  while (next(&walk));
}

INLINE int32_t integerAt(const float *at) {
  int32_t value;
  memcpy(&value, at, 4);
  return value;
}

INLINE void putInteger(float *at, int32_t value) { memcpy(at, &value, 4); }

/** Running totals along an axis. */
struct Cumulative {
  bool isFloat, isExclusive;
  struct Space lines;
  int32_t length, fromStep, toStep;
  struct View from, to;
};

SMALL void *readCumulative(struct Reader *reader) {
  struct Cumulative *it = allocate(reader, sizeof *it);
  if (it == NULL) return NULL;
  it->isFloat = within(reader, 0, 1) == 1;
  it->isExclusive = within(reader, 0, 1) == 1;
  it->lines = spaceOf(reader);
  it->length = within(reader, 0, MOST_ELEMENTS);
  struct View *views[] = {&it->from, &it->to};
  int32_t *steps[] = {&it->fromStep, &it->toStep};
  for (int i = 0; i < 2; i++) {
    struct Reach reach;
    *views[i] = viewWith(reader, it->lines, &reach);
    *steps[i] = word(reader);
    if (reader->wrong != NULL) return NULL;
    extend(&reach, it->length, *steps[i]);
    if (it->length > 0 && elementsOf(it->lines) > 0) checkReach(reader, views[i], reach);
  }
  return it;
}

SMALL void runCumulative(const struct Context *context, const void *operation, struct Range range) {
  (void)range;
  const struct Cumulative *it = operation;
  if (it->length == 0 || elementsOf(it->lines) == 0) return;
  struct Walk walk = {.space = it->lines, .tensors = 2};
  stepTo(&walk, 0, context, it->from);
  stepTo(&walk, 1, context, it->to);
  do {
    const float *from = walk.at[0];
    float *to = walk.at[1], total = 0;
    uint32_t whole = 0;
    for (int32_t i = 0; i < it->length; i++, from += it->fromStep, to += it->toStep) {
      const float value = *from;
      const uint32_t integer = (uint32_t)integerAt(from);
      if (!it->isExclusive) total += value, whole += integer;
      if (it->isFloat) *to = total;
      else putInteger(to, (int32_t)whole);
      if (it->isExclusive) total += value, whole += integer;
    }
  } while (next(&walk));
}

/** The indices of the `count` greatest elements of lines, or the least, and the elements if `hasValues`: of equal ones the first. */
struct Best {
  bool isFloat, isLeast, hasValues;
  struct Space lines;
  int32_t length, step, count, valueStep, indexStep;
  struct View from, values, indices;
};

SMALL void *readBest(struct Reader *reader) {
  struct Best *it = allocate(reader, sizeof *it);
  if (it == NULL) return NULL;
  it->isFloat = within(reader, 0, 1) == 1;
  it->isLeast = within(reader, 0, 1) == 1;
  it->hasValues = within(reader, 0, 1) == 1;
  it->lines = spaceOf(reader);
  it->length = within(reader, 0, MOST_ELEMENTS);
  it->count = within(reader, 0, MOST_ELEMENTS);
  if (it->count > it->length && elementsOf(it->lines) > 0) refuse(reader, "it wants more elements than there are");
  struct View *views[] = {&it->from, &it->indices, &it->values};
  int32_t *steps[] = {&it->step, &it->indexStep, &it->valueStep};
  for (int i = 0; i < (it->hasValues ? 3 : 2); i++) {
    struct Reach reach;
    *views[i] = viewWith(reader, it->lines, &reach);
    *steps[i] = word(reader);
    if (reader->wrong != NULL) return NULL;
    extend(&reach, i == 0 ? it->length : it->count, *steps[i]);
    if (it->count > 0 && elementsOf(it->lines) > 0) checkReach(reader, views[i], reach);
  }
  return it;
}

INLINE bool isGreater(const struct Best *it, const float *a, const float *b) {
  if (!it->isFloat) return it->isLeast ? integerAt(a) < integerAt(b) : integerAt(a) > integerAt(b);
  return it->isLeast ? *a < *b : *a > *b;
}

INLINE bool isEqual(const struct Best *it, const float *a, const float *b) {
  return it->isFloat ? *a == *b : integerAt(a) == integerAt(b);
}

SMALL void runBest(const struct Context *context, const void *operation, struct Range range) {
  (void)range;
  const struct Best *it = operation;
  if (it->count == 0 || elementsOf(it->lines) == 0) return;
  struct Walk walk = {.space = it->lines, .tensors = it->hasValues ? 3 : 2};
  stepTo(&walk, 0, context, it->from);
  stepTo(&walk, 1, context, it->indices);
  if (it->hasValues) stepTo(&walk, 2, context, it->values);
  do {
    const float *line = walk.at[0];
    int32_t last = -1;
    for (int32_t turn = 0; turn < it->count; turn++) {
      // The greatest of those that come after the one before, in falling order and by index.
      int32_t best = -1;
      for (int32_t i = 0; i < it->length; i++) {
        const float *at = line + (int64_t)i * it->step;
        if (last >= 0) {
          const float *before = line + (int64_t)last * it->step;
          if (!(isGreater(it, before, at) || (isEqual(it, before, at) && last < i))) continue;
        }
        if (best < 0 || isGreater(it, at, line + (int64_t)best * it->step)) best = i;
      }
      putInteger(walk.at[1] + (int64_t)turn * it->indexStep, best);
      if (it->hasValues) {
        // Where nothing comes after, as behind a NaN, the one before stays.
        const float *at = line + (int64_t)(best < 0 ? last < 0 ? 0 : last : best) * it->step;
        memcpy(walk.at[2] + (int64_t)turn * it->valueStep, at, 4);
      }
      last = best;
    }
  } while (next(&walk));
}

/** Sums, over some letters, of products of up to three tensors. */
struct Sums {
  bool isFloat;
  int terms;
  struct Space kept, summed;
  struct View views[3], to;
  const int32_t *steps[3];
};

SMALL void *readSums(struct Reader *reader) {
  struct Sums *it = allocate(reader, sizeof *it);
  if (it == NULL) return NULL;
  it->isFloat = within(reader, 0, 1) == 1;
  it->terms = within(reader, 1, 3);
  it->kept = spaceOf(reader);
  it->summed = spaceOf(reader);
  it->to = viewOf(reader, it->kept);
  for (int i = 0; i < it->terms; i++) {
    struct Reach reach;
    it->views[i] = viewWith(reader, it->kept, &reach);
    it->steps[i] = words(reader, it->summed.axes);
    if (reader->wrong != NULL) return NULL;
    for (int j = 0; j < it->summed.axes; j++) extend(&reach, it->summed.sizes[j], it->steps[i][j]);
    if (elementsOf(it->kept) > 0 && elementsOf(it->summed) > 0) checkReach(reader, &it->views[i], reach);
  }
  return it;
}

SMALL void runSums(const struct Context *context, const void *operation, struct Range range) {
  (void)range;
  const struct Sums *it = operation;
  if (elementsOf(it->kept) == 0) return;
  struct Walk walk = {.space = it->kept, .tensors = it->terms + 1};
  stepTo(&walk, 0, context, it->to);
  for (int i = 0; i < it->terms; i++) stepTo(&walk, i + 1, context, it->views[i]);
  do {
    float total = 0;
    uint32_t whole = 0;
    struct Walk inner = {.space = it->summed, .tensors = it->terms};
    for (int i = 0; i < it->terms; i++) {
      inner.strides[i] = it->steps[i];
      inner.at[i] = walk.at[i + 1];
    }
    if (elementsOf(it->summed) > 0) {
      do {
        float product = *inner.at[0];
        uint32_t integer = (uint32_t)integerAt(inner.at[0]);
        for (int i = 1; i < it->terms; i++) {
          product *= *inner.at[i];
          integer *= (uint32_t)integerAt(inner.at[i]);
        }
        total += product;
        whole += integer;
      } while (next(&inner));
    }
    if (it->isFloat) *walk.at[0] = total;
    else putInteger(walk.at[0], (int32_t)whole);
  } while (next(&walk));
}

enum Indexing { GATHER, SCATTER, ADD_FLOATS, ADD_INTEGERS, INDEXINGS };

/** Rows of `data` at tuples of indices, which are copied to `other`, or from there, or have it added. */
struct Indexed {
  enum Indexing kind;
  struct Space outer, inner;
  struct View indices, data, other;
  const int32_t *dataSteps, *otherSteps;
  int tuple;
  int32_t tupleStep;
  const int32_t *bounds, *moves;
};

SMALL void *readIndexed(struct Reader *reader) {
  struct Indexed *it = allocate(reader, sizeof *it);
  if (it == NULL) return NULL;
  it->kind = (enum Indexing)within(reader, 0, INDEXINGS - 1);
  it->outer = spaceOf(reader);
  it->inner = spaceOf(reader);
  it->tuple = within(reader, 0, MOST_AXES);
  it->tupleStep = word(reader);
  it->bounds = spaceWith(reader, it->tuple).sizes;
  it->moves = words(reader, it->tuple);
  struct Reach indices, data, other;
  it->indices = viewWith(reader, it->outer, &indices);
  it->data = viewWith(reader, it->outer, &data);
  it->dataSteps = words(reader, it->inner.axes);
  it->other = viewWith(reader, it->outer, &other);
  it->otherSteps = words(reader, it->inner.axes);
  if (reader->wrong != NULL) return NULL;
  bool isEmpty = elementsOf(it->outer) == 0;
  if (!isEmpty && it->tuple > 0) {
    extend(&indices, it->tuple, it->tupleStep);
    checkReach(reader, &it->indices, indices);
  }
  isEmpty |= elementsOf(it->inner) == 0;
  for (int i = 0; i < it->tuple; i++) {
    if (it->bounds[i] < 1 && !isEmpty) refuse(reader, "an index has no room");
    extend(&data, it->bounds[i], it->moves[i]);
  }
  for (int i = 0; i < it->inner.axes; i++) {
    extend(&data, it->inner.sizes[i], it->dataSteps[i]);
    extend(&other, it->inner.sizes[i], it->otherSteps[i]);
  }
  if (!isEmpty) {
    checkReach(reader, &it->data, data);
    checkReach(reader, &it->other, other);
  }
  return it;
}

static void runIndexed(const struct Context *context, const void *operation, struct Range range) {
  (void)range;
  const struct Indexed *it = operation;
  if (elementsOf(it->outer) == 0) return;
  const bool isEmpty = elementsOf(it->inner) == 0;
  struct Walk walk = {.space = it->outer, .tensors = 3};
  stepTo(&walk, 0, context, it->indices);
  stepTo(&walk, 1, context, it->data);
  stepTo(&walk, 2, context, it->other);
  do {
    int64_t move = 0;
    for (int i = 0; i < it->tuple; i++) {
      int32_t index = integerAt(walk.at[0] + (int64_t)i * it->tupleStep);
      if ((uint32_t)index >= (uint32_t)it->bounds[i]) {
        context->faults[0] = it->bounds[i] + 1;
        context->faults[1] = index;
        index = 0;
      }
      move += (int64_t)index * it->moves[i];
    }
    if (isEmpty) continue;
    struct Walk inner = {.space = it->inner, .tensors = 2, .strides = {it->dataSteps, it->otherSteps}};
    inner.at[0] = walk.at[1] + move;
    inner.at[1] = walk.at[2];
    do {
      switch (it->kind) {
        case GATHER: memcpy(inner.at[1], inner.at[0], 4); break;
        case SCATTER: memcpy(inner.at[0], inner.at[1], 4); break;
        case ADD_FLOATS: *inner.at[0] += *inner.at[1]; break;
        default: putInteger(inner.at[0], (int32_t)((uint32_t)integerAt(inner.at[0]) + (uint32_t)integerAt(inner.at[1])));
      }
    } while (next(&inner));
  } while (next(&walk));
}
