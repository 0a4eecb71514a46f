import type { ElementType, Node } from '../graph/value.ts';
import { assign, type Code, type Expression, f32x4, hold, type Instruction, i32, i32x4, local, op } from './code.ts';
import { numberOf } from './layout.ts';
import { arity, isScalarFunction, type ScalarName } from './math/scalar.ts';
import * as simd from './math/simd.ts';

/** How the lanes of a vector are read: floats, integers, or bools as masks. */
type LaneType = 'f32' | 'i32' | 'mask';

export function laneType(dtype: ElementType): LaneType {
  return dtype === 'float32' ? 'f32' : dtype === 'bool' ? 'mask' : 'i32';
}

/** The numbers of functions of the module that elementwise operations call. */
export interface Library {
  /** The number of a function from float64 to float64. */
  scalar(name: ScalarName): number;
}

/** One operation in hand: where its code goes, what it calls, its operands (cheap to repeat) and the node. */
interface Operation {
  readonly code: Code;
  readonly library: Library;
  readonly operands: readonly Expression[];
  /** The type of the first operand. */
  readonly type: LaneType;
  readonly node: Node;
}

/** Writes an operation on four lanes; the result may still need code that runs where it is used, once. */
type Emit = (operation: Operation) => Expression;

/** The same instruction on floats and on integers, or of one type alone. */
function instruction(
  f32: Instruction | undefined,
  integer?: Instruction,
  mask: Instruction | undefined = integer,
): Emit {
  const by = { f32, i32: integer, mask };
  return ({ operands, type, node }) => {
    const chosen = by[type];
    if (chosen === undefined) throw unsupported(node, type);
    return op(chosen, ...operands);
  };
}

function unsupported(node: Node, type: LaneType): Error {
  return new Error(`the WebAssembly engine has no ${node.op} of ${type}`);
}

const only =
  (wanted: LaneType, emit: Emit): Emit =>
  (operation) => {
    if (operation.type !== wanted) throw unsupported(operation.node, operation.type);
    return emit(operation);
  };

const function1 = (f: simd.SimdFunction): Emit => only('f32', ({ code, operands: [x] }) => f(code, x!));

/** Calls a function of float64 numbers for each lane. */
function scalarCall(name: ScalarName): Emit {
  return only('f32', ({ code, library, operands }) => {
    const index = library.scalar(name);
    const result = code.local('v128');
    assign(code, result, f32x4(0));
    for (let lane = 0; lane < 4; lane++) {
      code.get(result);
      for (const operand of operands.slice(0, arity(name))) {
        operand(code);
        code.lane('f32x4.extract_lane', lane);
        code.op('f64.promote_f32');
      }
      code.call(index);
      code.op('f32.demote_f64');
      code.lane('f32x4.replace_lane', lane);
      code.set(result);
    }
    return (c) => c.get(result);
  });
}

/** An operation of integers that has no vector form. */
function byLane(emit: (code: Code, operands: readonly Expression[]) => void): Emit {
  return ({ code, operands }) => {
    const result = code.local('v128');
    assign(code, result, i32x4(0));
    for (let lane = 0; lane < 4; lane++) {
      const scalars = operands.map((operand) =>
        hold(
          code,
          (c) => {
            operand(c);
            c.lane('i32x4.extract_lane', lane);
          },
          'i32',
        ),
      );
      code.get(result);
      emit(code, scalars);
      code.lane('i32x4.replace_lane', lane);
      code.set(result);
    }
    return (c) => c.get(result);
  };
}

/** Integer division towards 0; by 0 it gives 0, and the most negative number by −1 itself, where the processor would stop. */
const integerDivide = byLane((code, [a, b]) => {
  const isZero = op('i32.eqz', b!);
  const isMinusOne = op('i32.eq', b!, i32(-1));
  const divisor = op('select', i32(1), b!, op('i32.or', isZero, isMinusOne));
  const quotient = op('i32.div_s', a!, divisor);
  op('select', i32(0), op('select', op('i32.sub', i32(0), a!), quotient, isMinusOne), isZero)(code);
});

/** The remainder with the divisor's sign. */
const integerModulo = byLane((code, [a, b]) => {
  const divisor = op('select', i32(1), b!, op('i32.eqz', b!));
  const remainder = hold(code, op('i32.rem_s', a!, divisor), 'i32');
  const signsDiffer = op('i32.lt_s', op('i32.xor', remainder, b!), i32(0));
  op(
    'select',
    op('i32.add', remainder, b!),
    remainder,
    op('i32.and', signsDiffer, op('i32.ne', remainder, i32(0))),
  )(code);
});

/** Powers of integers by squares, of which the low 32 bits stay; by a negative number the whole part of what comes out. */
function integerPower({ code, operands: [base, exponent] }: Operation): Expression {
  const [result, square, rest] = [code.local('v128'), code.local('v128'), code.local('v128')];
  const bit = op('i32x4.ne', op('v128.and', local(rest), i32x4(1)), i32x4(0));
  const isOdd = op('i32x4.ne', op('v128.and', exponent!, i32x4(1)), i32x4(0));
  const set = (variable: number, value: Expression): void => assign(code, variable, value);
  set(result, i32x4(1));
  set(square, base!);
  set(rest, exponent!);
  code.count(code.local('i32'), 0, 31, 1, () => {
    set(result, choose(bit, op('i32x4.mul', local(result), local(square)), local(result)));
    set(square, op('i32x4.mul', local(square), local(square)));
    set(rest, op('i32x4.shr_s', local(rest), i32(1)));
  });
  // 1 stays 1, and −1 changes its sign; the reciprocals of others are less than 1.
  const isUnit = op('i32x4.eq', op('i32x4.abs', base!), i32x4(1));
  const unit = choose(isOdd, base!, i32x4(1));
  const reciprocal = op('v128.and', unit, isUnit);
  return choose(op('i32x4.lt_s', exponent!, i32x4(0)), reciprocal, local(result));
}

const choose = (mask: Expression, a: Expression, b: Expression): Expression => op('v128.bitselect', a, b, mask);

/** x where positive, alpha (eˣ − 1) elsewhere, times gamma. */
function elu({ code, operands: [x] }: Operation, alpha: number, gamma: number): Expression {
  const below = op('f32x4.mul', simd.expm1(code, x!), f32x4(alpha));
  const value = choose(op('f32x4.gt', x!, f32x4(0)), x!, below);
  return gamma === 1 ? value : op('f32x4.mul', hold(code, value), f32x4(gamma));
}

const SELU_ALPHA = 1.6732632423543772;
const SELU_GAMMA = 1.0507009873554805;

/** The low 32 bits of a float's whole part; 0 for NaN and infinities, as in JavaScript. */
function wrapped(code: Code, x: Expression): Expression {
  // Beyond 2³¹ floats are whole, and these steps exact.
  const turns = op('f32x4.floor', op('f32x4.mul', x, f32x4(2 ** -32)));
  const unsigned = hold(code, op('f32x4.sub', x, op('f32x4.mul', turns, f32x4(2 ** 32))));
  const isHigh = op('f32x4.ge', unsigned, f32x4(2 ** 31));
  const signed = choose(isHigh, op('f32x4.sub', unsigned, f32x4(2 ** 32)), unsigned);
  return op('i32x4.trunc_sat_f32x4_s', choose(op('f32x4.lt', op('f32x4.abs', x), f32x4(2 ** 31)), x, signed));
}

const cast: Emit = ({ code, operands: [x], type, node }) => {
  const to = laneType(node.outputs[0]!.dtype);
  if (to === type) return x!;
  switch (`${type}→${to}`) {
    case 'f32→i32':
      return wrapped(code, x!);
    case 'f32→mask':
      return op('f32x4.ne', x!, f32x4(0));
    case 'i32→f32':
      return op('f32x4.convert_i32x4_s', x!);
    case 'i32→mask':
      return op('i32x4.ne', x!, i32x4(0));
    case 'mask→f32':
      return op('v128.and', x!, f32x4(1));
    default:
      return op('v128.and', x!, i32x4(1));
  }
};

const EMITTERS: Readonly<Record<string, Emit>> = {
  Add: instruction('f32x4.add', 'i32x4.add'),
  Sub: instruction('f32x4.sub', 'i32x4.sub'),
  Mul: instruction('f32x4.mul', 'i32x4.mul'),
  Div: (operation) => (operation.type === 'f32' ? op('f32x4.div', ...operation.operands) : integerDivide(operation)),
  Mod: (operation) => (operation.type === 'f32' ? scalarCall('Fmod')(operation) : integerModulo(operation)),
  Pow: (operation) => (operation.type === 'f32' ? scalarCall('Pow')(operation) : integerPower(operation)),
  Max: instruction('f32x4.max', 'i32x4.max_s'),
  Min: instruction('f32x4.min', 'i32x4.min_s'),
  Equal: instruction('f32x4.eq', 'i32x4.eq'),
  Less: instruction('f32x4.lt', 'i32x4.lt_s'),
  LessOrEqual: instruction('f32x4.le', 'i32x4.le_s'),
  Greater: instruction('f32x4.gt', 'i32x4.gt_s'),
  GreaterOrEqual: instruction('f32x4.ge', 'i32x4.ge_s'),
  And: instruction(undefined, 'v128.and'),
  Or: instruction(undefined, 'v128.or'),
  Not: instruction(undefined, undefined, 'v128.not'),
  Where: ({ operands: [condition, a, b] }) => choose(condition!, a!, b!),
  Neg: instruction('f32x4.neg', 'i32x4.neg'),
  Abs: instruction('f32x4.abs', 'i32x4.abs'),
  Sqrt: instruction('f32x4.sqrt'),
  Ceil: instruction('f32x4.ceil'),
  Floor: instruction('f32x4.floor'),
  Round: instruction('f32x4.nearest'),
  Reciprocal: only('f32', ({ operands: [x] }) => op('f32x4.div', f32x4(1), x!)),
  Relu: ({ operands: [x], type }) =>
    type === 'f32' ? op('f32x4.pmax', x!, f32x4(0)) : op('i32x4.max_s', x!, i32x4(0)),
  // NaN stays: it is not less.
  Clip: ({ operands: [x, low, high], type }) =>
    type === 'f32'
      ? op('f32x4.pmin', op('f32x4.pmax', x!, low!), high!)
      : op('i32x4.min_s', op('i32x4.max_s', x!, low!), high!),
  Sign: ({ operands: [x], type }) => {
    if (type !== 'f32') return op('i32x4.sub', op('i32x4.lt_s', x!, i32x4(0)), op('i32x4.gt_s', x!, i32x4(0)));
    const one = op('v128.or', op('v128.and', x!, i32x4(-0x80000000)), f32x4(1));
    return choose(op('v128.or', op('f32x4.lt', x!, f32x4(0)), op('f32x4.gt', x!, f32x4(0))), one, x!);
  },
  IsNaN: only('f32', ({ operands: [x] }) => op('f32x4.ne', x!, x!)),
  IsInf: only('f32', ({ operands: [x] }) => op('f32x4.eq', op('f32x4.abs', x!), f32x4(Number.POSITIVE_INFINITY))),
  Cast: cast,
  Exp: function1(simd.exp),
  Log: function1(simd.log),
  Log1p: function1(simd.log1p),
  Expm1: function1(simd.expm1),
  Softplus: function1(simd.softplus),
  Tanh: function1(simd.tanh),
  Sigmoid: function1(simd.sigmoid),
  Elu: only('f32', (operation) => elu(operation, numberOf(operation.node, 'alpha', 1), 1)),
  Selu: only('f32', (operation) => elu(operation, SELU_ALPHA, SELU_GAMMA)),
  LeakyRelu: only('f32', ({ operands: [x], node }) =>
    choose(op('f32x4.lt', x!, f32x4(0)), op('f32x4.mul', x!, f32x4(numberOf(node, 'alpha', 0.01))), x!),
  ),
};

export function isElementwise(name: string): boolean {
  return name in EMITTERS || isScalarFunction(name);
}

/** Writes the operation of `node` on four lanes of its operands; the result is in a local variable. */
export function emitElementwise(code: Code, library: Library, node: Node, operands: readonly Expression[]): Expression {
  const emit = EMITTERS[node.op] ?? scalarCall(node.op as ScalarName);
  return hold(code, emit({ code, library, operands, type: laneType(node.inputs[0]!.dtype), node }));
}
