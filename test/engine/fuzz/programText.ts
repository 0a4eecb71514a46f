import * as tf from '@tensorflow/tfjs-core';
import { type Done, evaluate } from './evaluate.ts';
import { Literal, type Program, tensorOf, valuesOf } from './program.ts';

const numberText = (number: number): string => (Object.is(number, -0) ? '-0' : String(number));

function tensorText(values: readonly number[], shape: readonly number[], dtype: string): string {
  return `tf.tensor([${values.map(numberText).join(', ')}], [${shape.join(', ')}], '${dtype}')`;
}

/** A program as TypeScript. */
export function programText(program: Program): string {
  const lines: string[] = [];
  tf.tidy(() => {
    const names = new Map<tf.Tensor, string>();
    const inputs = program.inputs.map((input, i) => {
      const tensor = input.isVariable ? tf.variable(tensorOf(input)) : tensorOf(input);
      names.set(tensor, `x${i}`);
      const text = tensorText(valuesOf(input), input.shape, input.dtype);
      lines.push(`const x${i} = ${input.isVariable ? `tf.variable(${text})` : text};`);
      return tensor;
    });
    const argument = (value: unknown): string => {
      if (value instanceof tf.Tensor) return names.get(value)!;
      if (value instanceof Literal) return tensorText(value.values, value.shape, value.dtype);
      if (typeof value === 'number') return numberText(value);
      if (typeof value === 'string') return `'${value}'`;
      if (Array.isArray(value)) return `[${value.map(argument).join(', ')}]`;
      if (typeof value === 'object' && value !== null) {
        return `{ ${Object.entries(value)
          .map(([key, item]) => `${key}: ${argument(item)}`)
          .join(', ')} }`;
      }
      return String(value);
    };
    let count = 0;
    const done: Done[] = [];
    let outputs: readonly tf.Tensor[] = [];
    try {
      ({ outputs } = evaluate(program, inputs, done));
    } catch {
      // The last call is refused.
    }
    for (const { call, results } of done) {
      if (call.fn === 'assign') {
        lines.push(`${argument(call.args[0])}.assign(${argument(call.args[1])});`);
        continue;
      }
      const made = results.map((tensor) => {
        names.set(tensor, `y${count++}`);
        return names.get(tensor)!;
      });
      const left = made.length === 1 ? made[0] : `[${made.join(', ')}]`;
      const isNamed = ['topk'].includes(call.fn);
      const right = `tf.${call.fn}(${call.args.map(argument).join(', ')})`;
      lines.push(`const ${left} = ${isNamed ? `Object.values(${right})` : right};`);
    }
    lines.push(`// outputs: ${outputs.map((tensor) => names.get(tensor)).join(', ')}`);
    if (program.takesGradient) lines.push('// and gradients of their sum, weighted by cos(1 + k + 3·i)');
    tf.dispose(inputs);
  });
  return lines.join('\n');
}
