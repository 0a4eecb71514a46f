import type * as tf from '@tensorflow/tfjs-core';
import { nearest, shortened } from '../../options/describe.ts';
import type { Rng } from '../../random.ts';
import { ELEMENTWISE } from './operators/elementwise.ts';
import { LINEAR_ALGEBRA } from './operators/linearAlgebra.ts';
import { type Budget, constantOf, OperatorCall, type Operators, valuesOf } from './operators/operator.ts';
import { RANDOM } from './operators/random.ts';
import { RECURRENT } from './operators/recurrent.ts';
import { REDUCTIONS } from './operators/reductions.ts';
import { SHAPES } from './operators/shapes.ts';
import type { FileAttribute, FileGraph, FileModel, FileNode } from './read.ts';

const OPERATORS: Operators = {
  ...ELEMENTWISE,
  ...SHAPES,
  ...REDUCTIONS,
  ...LINEAR_ALGEBRA,
  ...RECURRENT,
  ...RANDOM,
};

/** Nodes of one run, in functions and branches, too. */
const MOST_NODES = 20_000;
const MOST_LEVELS = 16;

const isGraph = (value: FileAttribute | undefined): value is FileGraph => typeof value === 'object' && 'nodes' in value;

const nameOf = ({ name, op, domain }: FileNode): string =>
  `node '${shortened(name)}' (${shortened(domain === '' ? op : `${domain}:${op}`)})`;

/** @throws one line that names the first operator of the model that is not known */
export function checkOperators({ graph, functions }: FileModel): void {
  const check = ({ nodes }: FileGraph): void => {
    for (const node of nodes) {
      const { op, domain, attributes } = node;
      const isKnown =
        functions.has(`${domain}:${op}`) || (domain === '' && (op === 'If' || Object.hasOwn(OPERATORS, op)));
      if (!isKnown) {
        const similar = domain === '' ? nearest(op, Object.keys(OPERATORS)) : undefined;
        const hint = similar === undefined ? '' : ` (the most similar one that does: ${similar})`;
        throw new Error(`${nameOf(node)}: no operator of this name runs here${hint}`);
      }
      for (const value of attributes.values()) if (isGraph(value)) check(value);
    }
  };
  check(graph);
  for (const { graph: body } of functions.values()) check(body);
}

/** The tensor of a name, where it has been given or computed. */
type LookUp = (name: string) => tf.Tensor | undefined;

/** Runs the graph of a model. */
export class Evaluation {
  readonly #model: FileModel;
  readonly #rng: Rng;
  readonly #budget: Budget;
  #nodes = 0;

  constructor(model: FileModel, rng: Rng, budget: Budget) {
    this.#model = model;
    this.#rng = rng;
    this.#budget = budget;
  }

  /**
   * @param given tensors by name: the inputs, and the weights
   * @param wanted names of outputs; only what they need is computed
   * @throws one line that names the node at fault
   */
  run(given: ReadonlyMap<string, tf.Tensor>, wanted: readonly string[]): tf.Tensor[] {
    return this.#graph(this.#model.graph, (name) => given.get(name), wanted, new Map(), 0);
  }

  /**
   * @param outer gives what has a name outside of it
   * @param binding attributes of the function whose body it is
   */
  #graph(
    { nodes, initializers }: FileGraph,
    outer: LookUp,
    wanted: readonly string[],
    binding: ReadonlyMap<string, FileAttribute>,
    level: number,
  ): tf.Tensor[] {
    if (level > MOST_LEVELS) throw new Error(`functions and branches deeper than ${MOST_LEVELS} levels`);
    const scope = new Map<string, tf.Tensor>();
    const lookUp: LookUp = (name) => {
      const known = scope.get(name) ?? outer(name);
      const stored = known === undefined ? initializers.get(name) : undefined;
      if (stored === undefined) return known;
      const constant = constantOf(stored);
      scope.set(name, constant);
      return constant;
    };
    const needed = namesNeeded(nodes, wanted);
    for (const node of nodes) {
      if (!node.outputs.some((name) => needed.has(name))) continue;
      if (++this.#nodes > MOST_NODES) throw new Error(`a run of more than ${MOST_NODES} nodes`);
      try {
        const results = this.#node(node, lookUp, binding, level);
        node.outputs.forEach((name, i) => {
          if (name === '' || results[i] === undefined) return;
          this.#budget.claim(results[i].shape);
          scope.set(name, results[i]);
        });
      } catch (error) {
        const { message } = error as Error;
        const isNamed = message.startsWith('node ');
        throw isNamed ? error : new Error(`${nameOf(node)}: ${plain(message)}`, { cause: error });
      }
    }
    return wanted.map((name) => {
      const value = lookUp(name);
      if (value === undefined) throw new Error(`nothing gives the output '${shortened(name)}'`);
      return value;
    });
  }

  #node(
    node: FileNode,
    lookUp: LookUp,
    binding: ReadonlyMap<string, FileAttribute>,
    level: number,
  ): readonly tf.Tensor[] {
    const inputs = node.inputs.map((name) => {
      const value = name === '' ? undefined : lookUp(name);
      if (value === undefined && name !== '') {
        throw new Error(`nothing before it gives its input '${shortened(name)}'`);
      }
      return value;
    });
    const attributes = bound(node.attributes, binding);
    if (node.domain === '' && node.op === 'If') {
      const branch = attributes.get(valuesOf(inputs[0]!, 0)[0] ? 'then_branch' : 'else_branch');
      if (!isGraph(branch)) throw new Error('it has no such branch');
      const names = branch.outputs.map(({ name }) => name);
      return this.#graph(branch, lookUp, names, binding, level + 1);
    }
    const called = this.#model.functions.get(`${node.domain}:${node.op}`);
    if (called !== undefined) {
      const { graph, defaults } = called;
      const inner = new Map<string, tf.Tensor>();
      graph.inputs.forEach(({ name }, i) => {
        if (inputs[i] !== undefined) inner.set(name, inputs[i]);
      });
      const names = graph.outputs.slice(0, node.outputs.length).map(({ name }) => name);
      return this.#graph(graph, (name) => inner.get(name), names, new Map([...defaults, ...attributes]), level + 1);
    }
    const { opset } = this.#model;
    const call = new OperatorCall(inputs, attributes, {
      opset,
      outputs: node.outputs.length,
      rng: this.#rng,
      budget: this.#budget,
    });
    return [OPERATORS[node.op]!(call)].flat();
  }
}

/** Attributes with those of the function's caller in their place. */
function bound(
  attributes: FileNode['attributes'],
  binding: ReadonlyMap<string, FileAttribute>,
): ReadonlyMap<string, FileAttribute> {
  if (binding.size === 0) return attributes;
  return new Map(
    [...attributes].flatMap(([name, value]): [string, FileAttribute][] => {
      if (typeof value !== 'object' || !('ref' in value)) return [[name, value]];
      const given = binding.get(value.ref);
      return given === undefined ? [] : [[name, given]];
    }),
  );
}

/** The names that outputs need: what a branch reads from outside, too. */
export function namesNeeded(nodes: readonly FileNode[], wanted: readonly string[]): ReadonlySet<string> {
  const names = new Set(wanted);
  for (const node of [...nodes].reverse()) {
    if (node.outputs.some((name) => names.has(name))) for (const name of readBy(node)) names.add(name);
  }
  return names;
}

/** The names that a node reads, its inputs first. */
export function readBy({ inputs, attributes }: FileNode): string[] {
  const inner = [...attributes.values()].filter(isGraph);
  return [
    ...inputs,
    ...inner.flatMap(({ nodes, outputs }) => [...nodes.flatMap(readBy), ...outputs.map(({ name }) => name)]),
  ];
}

/** A message on one line, without the name of the function that was traced. */
function plain(message: string): string {
  return message.replace(/^compile\('[^']*'\): /, '').replaceAll(/\s*\n\s*/g, ' ');
}
