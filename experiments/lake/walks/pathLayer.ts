import type { Point } from '../../../envs/lake/geometry.ts';

/** Encodings of both axes of a plane, for Vega-Lite. */
export interface PlaneAxes {
  readonly x: object;
  readonly y: object;
}

/** A layer in which points are joined in their order. */
export function pathLayer({ x, y }: PlaneAxes, points: readonly Point[], mark: object): object {
  return {
    data: { values: points.map((point, order) => ({ order, ...point })) },
    mark: { type: 'line', ...mark },
    encoding: { x, y, order: { field: 'order', type: 'quantitative' } },
  };
}
