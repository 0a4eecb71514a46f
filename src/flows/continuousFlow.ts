import { type HutchinsonTrace, MlpField } from '../bijectors/continuous/mlpField.ts';
import { NeuralOde, type OdeSolver } from '../bijectors/continuous/neuralOde.ts';
import { Flow } from './flow.ts';
import type { FlowSizes } from './flowSizes.ts';

/** Options of {@link continuousFlow}. */
export interface ContinuousFlowOptions extends FlowSizes {
  /** Solver steps of equal length, six evaluations of the field each; 8. */
  readonly steps?: number;
  /** In the place of fixed steps. */
  readonly solver?: OdeSolver;
  /** The divergence is exact unless an estimate is asked for. */
  readonly trace?: 'exact' | HutchinsonTrace;
}

/**
 * Continuous normalizing flow: the noise follows dx/dt = v(x, t; context) from t = 0 to 1, v a network. Before training it is N(0, I).
 *
 * The density has the solver's error: `new NeuralOde({ field, solver: { kind: 'adaptive' } })` over the same field tells it.
 *
 * Chen et al., "Neural Ordinary Differential Equations", arXiv:1806.07366; Grathwohl et al., "FFJORD", arXiv:1810.01367.
 */
export function continuousFlow({
  steps = 8,
  solver = { kind: 'fixed', steps },
  ...options
}: ContinuousFlowOptions): Flow {
  const { dim, contextDim = 0 } = options;
  return new Flow({ dim, contextDim, bijector: new NeuralOde({ field: new MlpField(options), solver }) });
}
