import type { Code, ValueType } from './code.ts';
import type { Instruction } from './instructions.ts';

/** Something that leaves one value on the stack when it is written into the code. */
export type Expression = (code: Code) => void;

/** An instruction with its operands. */
export function op(instruction: Instruction, ...operands: readonly Expression[]): Expression {
  return (code) => {
    for (const operand of operands) operand(code);
    code.op(instruction);
  };
}

export function local(index: number): Expression {
  return (code) => code.get(index);
}

/** Calculates `value` now, keeps it in a local variable, and reads that from then on. */
export function hold(code: Code, value: Expression, type: ValueType = 'v128'): Expression {
  const index = code.local(type);
  value(code);
  code.set(index);
  return local(index);
}

export const i32 =
  (value: number): Expression =>
  (code) =>
    code.i32(value);
export const i64 =
  (value: bigint): Expression =>
  (code) =>
    code.i64(value);
export const f64 =
  (value: number): Expression =>
  (code) =>
    code.f64(value);
/** A float in all four lanes. */
export const f32x4 =
  (value: number): Expression =>
  (code) =>
    code.f32x4(value);
/** An integer in all four lanes. */
export const i32x4 =
  (value: number): Expression =>
  (code) =>
    code.i32x4(value);

/** Picks four of the eight 32-bit lanes of two vectors. */
export const shuffle =
  (a: Expression, b: Expression, lanes: readonly number[]): Expression =>
  (code) => {
    a(code);
    b(code);
    code.shuffle(lanes);
  };
