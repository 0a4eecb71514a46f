import { expect, test } from 'vitest';
import { Graph } from '../../../src/engine/graph/graph.ts';
import { matMul } from '../../../src/engine/graph/linearAlgebra.ts';
import { lower } from '../../../src/engine/onnx/lower.ts';
import { input, output } from '../graphPorts.ts';

test.each([
  [[3, 2, 0], [3, 0, 2], false],
  [[3, 0, 2], [3, 0, 2], true],
] as const)(
  'a batch of products of nothing, [%s] × [%s], is no product, which ONNX Runtime would leave unset',
  (left, right, transA) => {
    const g = new Graph();
    const y = matMul(g, input(g, 'a', left), input(g, 'b', right), transA);
    const { model } = lower([[output('y'), y]], { name: 'nothing' });
    expect(model.nodes.map(({ op }) => op).join()).not.toMatch(/MatMul/);
  },
);
