import { ShiftScale } from '../../src/bijectors/index.ts';
import { Chain, Flow } from '../../src/index.ts';

/** What is known of data before a flow learns them. */
export interface Standard {
  /** Number by number. */
  readonly mean: readonly number[];
  /** Standard deviations, number by number. */
  readonly deviation: readonly number[];
  /** Splines act on [−bound, bound], in standard deviations from the mean. */
  readonly bound: number;
}

/** A flow from N(0, I) whose outermost layer gives the data their mean and deviation: the layers within are made for numbers near 1. */
export function standardized({ dim, bijector }: Flow, { mean, deviation }: Standard): Flow {
  return new Flow({ dim, bijector: new Chain([new ShiftScale({ shift: mean, scale: deviation }), bijector]) });
}
