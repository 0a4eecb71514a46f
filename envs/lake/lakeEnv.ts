import type { Walk } from './lakeMap.ts';
import type { LakeOptions } from './lakeOptions.ts';
import { LakeWalkEnv } from './lakeWalkEnv.ts';

/**
 * The walk around the lake by a point: {@link LakeWalkEnv} says what it sees, does and gets. A step is a straight line, see `walk`: it
 * drowns if it touches the lake, it is home if it reaches home first.
 */
export class LakeEnv extends LakeWalkEnv {
  /** @throws for an unknown option or one out of range */
  constructor(options: LakeOptions = {}) {
    super('Lake', options);
  }

  protected travel(dx: number, dy: number): Walk['outcome'] {
    return this.walkBy(dx, dy);
  }
}
