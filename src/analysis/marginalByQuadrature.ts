import * as tf from '@tensorflow/tfjs-core';
import { broadcast } from '../bijectors/broadcast.ts';
import { broadcastShape } from '../bijectors/broadcastShape.ts';
import { Distribution } from '../distributions/distribution.ts';
import { checkOptions } from '../options/checkArguments.ts';
import type { Rng } from '../random.ts';
import { checkJoint, joined, logIntegral, midpoints, type QuadratureRange, rangeKinds, without } from './midpoints.ts';

/** Which component is integrated out, and over which range. */
export interface MarginalOptions extends QuadratureRange {
  readonly joint: Distribution;
  /** The component that is integrated out. */
  readonly out: number;
}

/**
 * The marginal distribution of all components but one, whose log-density is a numerical integral: log ∫ p(x) dxᵢ by the midpoint
 * rule over a range: −∞ for values of density 0. Draws are exact: those of the joint without that component.
 */
export class MarginalByQuadrature extends Distribution {
  readonly joint: Distribution;
  readonly out: number;
  readonly eventShape: number[];
  readonly #nodes: tf.Tensor1D;
  readonly #width: number;

  /** @throws if the joint's events are no vectors of two or more, or the component, range or points do not fit */
  constructor(options: MarginalOptions) {
    super();
    const { joint, out, ...range } = checkOptions('MarginalByQuadrature', options, {
      ...rangeKinds,
      joint: Distribution,
      out: Number,
    });
    checkJoint('MarginalByQuadrature', joint.eventShape, out);
    const { nodes, width } = midpoints('MarginalByQuadrature', range);
    this.joint = joint;
    this.out = out;
    this.eventShape = [joint.eventShape[0]! - 1];
    this.#nodes = nodes;
    this.#width = width;
  }

  get batchShape(): number[] {
    return this.joint.batchShape;
  }

  get reparameterized(): boolean {
    return this.joint.reparameterized;
  }

  override get angles(): boolean {
    return this.joint.angles;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return without(this.joint.sample(rng, sampleShape), this.out);
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    // The nodes' axis lies before the whole batch, of which x may have less.
    const batch = broadcastShape(x.shape.slice(0, -1), this.batchShape)!;
    const whole = [this.#nodes.size, ...batch];
    const component = broadcast(tf.reshape(this.#nodes, [this.#nodes.size, ...batch.map(() => 1), 1]), [...whole, 1]);
    const others = broadcast(x, [...whole, this.eventShape[0]!]);
    return logIntegral(this.joint.logProb(joined(others, component, this.out)), this.#width);
  }
}
