import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { graphFromOnnx, type OnnxGraph } from '../../src/engine/graphFromOnnx.ts';
import { makePolicy, policyFromOnnx, Rng } from '../../src/index.ts';

/** Files of other libraries' policies, with what ONNX Runtime makes of them. */
export const ONNX_FILES = join(import.meta.dirname, '../golden/onnx');

/** What an error of a program, and not of a file, says. */
const OF_PROGRAM =
  /Cannot (read|set|destructure|convert|mix)|is not (a function|iterable|defined)|Invalid (typed )?array length|Maximum call stack|out of memory|allocation failed|\[object/;

/** Runs a graph on zeros, sizes that are free as 1. */
function runGraph(bytes: Uint8Array): void {
  const graph = graphFromOnnx(bytes);
  try {
    runOnZeros(graph);
  } finally {
    graph.dispose();
  }
}

/** Has a policy act that says its spaces itself. */
function act(bytes: Uint8Array): void {
  const policy = policyFromOnnx(bytes);
  try {
    using actor = policy.actor({ rng: new Rng(0) });
    actor.act(new Float32Array(policy.observationDim));
  } finally {
    policy.dispose();
  }
}

function runOnZeros(graph: OnnxGraph): void {
  const inputs = graph.inputs.map(
    ({ name, shape = [1] }) => [name, shape.map((size) => (typeof size === 'number' ? size : 1))] as const,
  );
  const size = inputs.reduce((sum, [, shape]) => sum + shape.reduce((product, n) => product * n, 1), 0);
  // Whoever runs it chooses the inputs.
  if (size > 1e6) return;
  tf.tidy(() => {
    graph.run(Object.fromEntries(inputs.map(([name, shape]) => [name, tf.zeros([...shape])])), new Rng(0));
  });
}

/** A copy of bytes with some of them changed, cut off, put in or doubled. */
function damaged(bytes: Uint8Array, rng: Rng): Uint8Array {
  const number = (below: number) => rng.integer(0, below);
  const copy = Uint8Array.from(bytes);
  // Most of a file is numbers of weights; what says how to read them is short, and stands before and behind.
  const place = () => (number(2) === 0 ? number(copy.length) : copy.length - 1 - number(Math.min(copy.length, 1500)));
  const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
  const at = place();
  switch (number(6)) {
    case 0:
      for (let i = 0; i <= number(4); i++) copy[place()]! ^= 1 << number(8);
      return copy;
    case 1:
      for (let i = 0; i <= number(4); i++) copy[place()] = number(256);
      return copy;
    case 2:
      return copy.subarray(0, at);
    case 3:
      return joined(
        copy.subarray(0, at),
        Uint8Array.from({ length: 1 + number(8) }, () => number(256)),
        copy.subarray(at),
      );
    case 4:
      return joined(copy.subarray(0, at), copy.subarray(Math.min(copy.length, at + 1 + number(16))));
    default: {
      // A length or a size that is large.
      copy.set([0xff, 0xff, 0xff, 0x7f].slice(0, Math.min(4, copy.length - at)), at);
      return copy;
    }
  }
}

/**
 * Damages files and tries to run them.
 * @returns how many ran, and how many were refused in one line
 * @throws if anything else comes of one
 */
export function damagedRuns(count: number, seed: string): { ran: number; refused: number; slowest: number } {
  const names = readdirSync(ONNX_FILES).filter((name) => name.endsWith('.onnx'));
  const space = { low: [-1, -2], high: [1, 2], shape: [2] };
  const ours = (['gaussian', 'mixture'] as const).map((name) => {
    const policy = makePolicy(name, { observationSpace: space, actionSpace: space, hidden: [4], rng: new Rng(0) });
    const { model } = policy.toOnnx();
    policy.dispose();
    return { name, bytes: model, run: act };
  });
  const files = names.map((name) => ({
    name,
    bytes: new Uint8Array(readFileSync(join(ONNX_FILES, name))),
    run: runGraph,
  }));
  const all = [...files, ...ours];
  const rng = new Rng(seed);
  const outcome = { ran: 0, refused: 0, slowest: 0 };
  for (let i = 0; i < count; i++) {
    const { name, bytes, run } = all[i % all.length]!;
    const hurt = damaged(bytes, rng);
    const begin = performance.now();
    try {
      run(hurt);
      outcome.ran++;
    } catch (error) {
      const { message } = error as Error;
      if (!(error instanceof Error) || message.includes('\n') || message.length > 600 || OF_PROGRAM.test(message)) {
        throw new Error(`file ${i}, ${name}: ${message}`, { cause: error });
      }
      outcome.refused++;
    }
    outcome.slowest = Math.max(outcome.slowest, performance.now() - begin);
  }
  return outcome;
}
