import { Bytes } from '../bytes.ts';

/** The WebAssembly instructions that the lowering uses, by their names in the text format, with their opcodes. */
const INSTRUCTIONS = {
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br_if: 0x0d,
  call: 0x10,
  select: 0x1b,
  'local.get': 0x20,
  'local.set': 0x21,
  'local.tee': 0x22,
  'global.get': 0x23,
  'global.set': 0x24,
  'i32.load': 0x28,
  'f32.load': 0x2a,
  'i32.store': 0x36,
  'f32.store': 0x38,
  'i32.const': 0x41,
  'i64.const': 0x42,
  'f32.const': 0x43,
  'f64.const': 0x44,
  'i32.eqz': 0x45,
  'i32.eq': 0x46,
  'i32.ne': 0x47,
  'i32.lt_s': 0x48,
  'i32.gt_s': 0x4a,
  'i32.le_s': 0x4c,
  'i32.ge_u': 0x4f,
  'f32.eq': 0x5b,
  'f32.lt': 0x5d,
  'f32.gt': 0x5e,
  'f64.eq': 0x61,
  'f64.ne': 0x62,
  'f64.lt': 0x63,
  'f64.gt': 0x64,
  'f64.le': 0x65,
  'f64.ge': 0x66,
  'i32.add': 0x6a,
  'i32.sub': 0x6b,
  'i32.mul': 0x6c,
  'i32.div_s': 0x6d,
  'i32.rem_s': 0x6f,
  'i32.and': 0x71,
  'i32.or': 0x72,
  'i32.xor': 0x73,
  'i64.add': 0x7c,
  'i64.sub': 0x7d,
  'i64.mul': 0x7e,
  'i64.and': 0x83,
  'i64.or': 0x84,
  'i64.shl': 0x86,
  'i64.shr_s': 0x87,
  'i64.shr_u': 0x88,
  'f64.abs': 0x99,
  'f64.neg': 0x9a,
  'f64.trunc': 0x9d,
  'f64.nearest': 0x9e,
  'f64.sqrt': 0x9f,
  'f64.add': 0xa0,
  'f64.sub': 0xa1,
  'f64.mul': 0xa2,
  'f64.div': 0xa3,
  'f64.copysign': 0xa6,
  'i32.wrap_i64': 0xa7,
  'i64.extend_i32_u': 0xad,
  'f32.demote_f64': 0xb6,
  'f64.convert_i64_s': 0xb9,
  'f64.promote_f32': 0xbb,
  'i64.reinterpret_f64': 0xbd,
  'f64.reinterpret_i64': 0xbf,
  'i32.trunc_sat_f64_s': 0xfc02,
  'v128.load': 0xfd00,
  'v128.load32_splat': 0xfd09,
  'v128.store': 0xfd0b,
  'v128.const': 0xfd0c,
  'i8x16.shuffle': 0xfd0d,
  'f64x2.splat': 0xfd14,
  'i32x4.extract_lane': 0xfd1b,
  'i32x4.replace_lane': 0xfd1c,
  'f32x4.extract_lane': 0xfd1f,
  'f32x4.replace_lane': 0xfd20,
  'i32x4.eq': 0xfd37,
  'i32x4.ne': 0xfd38,
  'i32x4.lt_s': 0xfd39,
  'i32x4.gt_s': 0xfd3b,
  'i32x4.le_s': 0xfd3d,
  'i32x4.ge_s': 0xfd3f,
  'f32x4.eq': 0xfd41,
  'f32x4.ne': 0xfd42,
  'f32x4.lt': 0xfd43,
  'f32x4.gt': 0xfd44,
  'f32x4.le': 0xfd45,
  'f32x4.ge': 0xfd46,
  'v128.not': 0xfd4d,
  'v128.and': 0xfd4e,
  'v128.or': 0xfd50,
  'v128.bitselect': 0xfd52,
  'v128.load32_lane': 0xfd56,
  'v128.store32_lane': 0xfd5a,
  'v128.load32_zero': 0xfd5c,
  'f32x4.ceil': 0xfd67,
  'f32x4.floor': 0xfd68,
  'f32x4.demote_f64x2_zero': 0xfd5e,
  'f64x2.promote_low_f32x4': 0xfd5f,
  'f32x4.nearest': 0xfd6a,
  'i32x4.abs': 0xfda0,
  'i32x4.neg': 0xfda1,
  'i32x4.shl': 0xfdab,
  'i32x4.shr_s': 0xfdac,
  'i32x4.add': 0xfdae,
  'i32x4.sub': 0xfdb1,
  'i32x4.mul': 0xfdb5,
  'i32x4.min_s': 0xfdb6,
  'i32x4.max_s': 0xfdb8,
  'f32x4.abs': 0xfde0,
  'f32x4.neg': 0xfde1,
  'f32x4.sqrt': 0xfde3,
  'f32x4.add': 0xfde4,
  'f32x4.sub': 0xfde5,
  'f32x4.mul': 0xfde6,
  'f32x4.div': 0xfde7,
  'f32x4.min': 0xfde8,
  'f32x4.max': 0xfde9,
  'f32x4.pmin': 0xfdea,
  'f32x4.pmax': 0xfdeb,
  'f64x2.add': 0xfdf0,
  'f64x2.mul': 0xfdf2,
  'f64x2.div': 0xfdf3,
  'i32x4.trunc_sat_f32x4_s': 0xfdf8,
  'f32x4.convert_i32x4_s': 0xfdfa,
} as const;

export type Instruction = keyof typeof INSTRUCTIONS;

type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

const TYPE_CODES: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** A block that leaves nothing on the stack. */
const NO_RESULT = 0x40;

/** The code of one function, in the order in which it runs. Operands are taken from the stack, as in the text format. */
export class Code {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly #locals: ValueType[] = [];
  /** Vector constants, each in a local variable that is set when the function begins: V8's newer compiler leaves them in loops otherwise. */
  readonly #constants = new Map<string, { readonly local: number; readonly lanes: Uint8Array }>();
  #bytes = new Bytes();

  constructor(parameters: readonly ValueType[] = [], results: readonly ValueType[] = []) {
    this.parameters = parameters;
    this.results = results;
  }

  /** A new local variable; parameters have the numbers below. */
  local(type: ValueType): number {
    this.#locals.push(type);
    return this.parameters.length + this.#locals.length - 1;
  }

  op(instruction: Instruction): void {
    const code = INSTRUCTIONS[instruction];
    if (code < 0x100) this.#bytes.byte(code);
    else {
      // SIMD and saturating conversions: a prefix and a number.
      this.#bytes.byte(code >> 8);
      this.#bytes.unsigned(code & 0xff);
    }
  }

  get(local: number): void {
    this.op('local.get');
    this.#bytes.unsigned(local);
  }

  set(local: number): void {
    this.op('local.set');
    this.#bytes.unsigned(local);
  }

  tee(local: number): void {
    this.op('local.tee');
    this.#bytes.unsigned(local);
  }

  getGlobal(index: number): void {
    this.op('global.get');
    this.#bytes.unsigned(index);
  }

  setGlobal(index: number): void {
    this.op('global.set');
    this.#bytes.unsigned(index);
  }

  call(functionIndex: number): void {
    this.op('call');
    this.#bytes.unsigned(functionIndex);
  }

  i32(value: number): void {
    this.op('i32.const');
    this.#bytes.signed32(value);
  }

  i64(value: bigint): void {
    this.op('i64.const');
    this.#bytes.signed64(value);
  }

  f32(value: number): void {
    this.op('f32.const');
    this.#bytes.float32(value);
  }

  f64(value: number): void {
    this.op('f64.const');
    this.#bytes.float64(value);
  }

  /** Four times the same float. */
  f32x4(value: number): void {
    this.#constant(new Uint8Array(new Float32Array([value, value, value, value]).buffer));
  }

  /** Four times the same integer. */
  i32x4(value: number): void {
    this.#constant(new Uint8Array(new Int32Array([value, value, value, value]).buffer));
  }

  #constant(lanes: Uint8Array): void {
    const key = lanes.subarray(0, 4).join();
    let constant = this.#constants.get(key);
    if (constant === undefined) {
      constant = { local: this.local('v128'), lanes };
      this.#constants.set(key, constant);
    }
    this.get(constant.local);
  }

  /** A load or store of four bytes or more, `offset` bytes beyond the address on the stack; `lane` where the instruction has one. */
  memory(instruction: Instruction, offset: number, lane?: number): void {
    if (offset < 0) throw new Error('a kernel reaches below its memory');
    this.op(instruction);
    // The alignment that is promised: 4 bytes.
    this.#bytes.byte(2);
    this.#bytes.unsigned(offset);
    if (lane !== undefined) this.#bytes.byte(lane);
  }

  lane(instruction: Instruction, lane: number): void {
    this.op(instruction);
    this.#bytes.byte(lane);
  }

  /** Picks four of the eight 32-bit lanes of two vectors. */
  shuffle(lanes: readonly number[]): void {
    this.op('i8x16.shuffle');
    for (const lane of lanes) for (let i = 0; i < 4; i++) this.#bytes.byte(4 * lane + i);
  }

  /** Runs `body` while the condition that it leaves on the stack holds; at least once. */
  loop(body: () => void): void {
    this.op('loop');
    this.#bytes.byte(NO_RESULT);
    body();
    this.op('br_if');
    this.#bytes.unsigned(0);
    this.op('end');
  }

  /** Runs `then` if the number on the stack is not 0, else `otherwise`. */
  branch(then: () => void, otherwise?: () => void): void {
    this.op('if');
    this.#bytes.byte(NO_RESULT);
    then();
    if (otherwise !== undefined) {
      this.op('else');
      otherwise();
    }
    this.op('end');
  }

  /** `for (counter = begin; counter < end; counter += step) body()` with fixed bounds, which the counter never skips. */
  count(counter: number, begin: number, end: number, step: number, body: () => void): void {
    if (begin >= end) return;
    this.i32(begin);
    this.set(counter);
    this.loop(() => {
      body();
      this.get(counter);
      this.i32(step);
      this.op('i32.add');
      this.tee(counter);
      this.i32(end);
      this.op('i32.lt_s');
    });
  }

  /** The function's entry in the module's code section. */
  encode(): Bytes {
    const groups: { type: ValueType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = groups.at(-1);
      if (last?.type === type) last.count++;
      else groups.push({ type, count: 1 });
    }
    const body = new Bytes();
    body.unsigned(groups.length);
    for (const { type, count } of groups) {
      body.unsigned(count);
      body.byte(TYPE_CODES[type]);
    }
    for (const { local, lanes } of this.#constants.values()) {
      body.byte(INSTRUCTIONS['v128.const'] >> 8);
      body.unsigned(INSTRUCTIONS['v128.const'] & 0xff);
      body.all(lanes);
      body.byte(INSTRUCTIONS['local.set']);
      body.unsigned(local);
    }
    body.all(this.#bytes.view);
    body.byte(INSTRUCTIONS.end);
    const entry = new Bytes();
    entry.counted(body.view);
    return entry;
  }
}

/** A function of a module; unnamed ones are called from inside only. */
export interface ModuleFunction {
  readonly name?: string | undefined;
  readonly code: Code;
}

const SECTION = { types: 1, imports: 2, functions: 3, globals: 6, exports: 7, code: 10 } as const;

interface ModuleOptions {
  /** How many global i32 variables it has, 0 at first. */
  readonly globals?: number;
  /** The function of two integers that it imports as `env.<name>`, which is function 0 then. */
  readonly imported?: string | undefined;
  /** The pages to which its memory may grow, if that is shared between threads. */
  readonly sharedPages?: number | undefined;
}

const IMPORTED = new Code(['i32', 'i32']);

/** A module of these functions over the memory that it imports as `env.memory`. */
export function encodeModule(
  functions: readonly ModuleFunction[],
  { globals = 0, imported, sharedPages }: ModuleOptions = {},
): Uint8Array<ArrayBuffer> {
  const signatureOf = ({ parameters, results }: Code): string => `${parameters}→${results}`;
  const signatures = functions.map(({ code }) => signatureOf(code));
  const types = [...functions.map(({ code }) => code), ...(imported === undefined ? [] : [IMPORTED])];
  const distinct = [...new Map(types.map((code) => [signatureOf(code), code])).keys()];
  const first = imported === undefined ? 0 : 1;
  const module = new Bytes();
  module.all([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const section = (id: number, fill: (content: Bytes) => void): void => {
    const content = new Bytes();
    fill(content);
    module.byte(id);
    module.counted(content.view);
  };
  section(SECTION.types, (content) => {
    content.unsigned(distinct.length);
    for (const signature of distinct) {
      const { parameters, results } = types.find((code) => signatureOf(code) === signature)!;
      content.byte(0x60);
      for (const list of [parameters, results]) {
        content.unsigned(list.length);
        for (const type of list) content.byte(TYPE_CODES[type]);
      }
    }
  });
  section(SECTION.imports, (content) => {
    content.unsigned(1 + first);
    content.text('env');
    content.text('memory');
    content.byte(2);
    content.byte(sharedPages === undefined ? 0 : 3);
    content.unsigned(1);
    if (sharedPages !== undefined) content.unsigned(sharedPages);
    if (imported !== undefined) {
      content.text('env');
      content.text(imported);
      content.byte(0);
      content.unsigned(distinct.indexOf(signatureOf(IMPORTED)));
    }
  });
  section(SECTION.functions, (content) => {
    content.unsigned(functions.length);
    for (const signature of signatures) content.unsigned(distinct.indexOf(signature));
  });
  section(SECTION.globals, (content) => {
    content.unsigned(globals);
    for (let i = 0; i < globals; i++) {
      content.byte(TYPE_CODES.i32);
      content.byte(1);
      content.byte(INSTRUCTIONS['i32.const']);
      content.signed32(0);
      content.byte(INSTRUCTIONS.end);
    }
  });
  section(SECTION.exports, (content) => {
    const named = functions.flatMap(({ name }, index) => (name === undefined ? [] : [{ name, index: first + index }]));
    content.unsigned(named.length);
    for (const { name, index } of named) {
      content.text(name);
      content.byte(0);
      content.unsigned(index);
    }
  });
  section(SECTION.code, (content) => {
    content.unsigned(functions.length);
    for (const { code } of functions) content.all(code.encode().view);
  });
  return module.view as Uint8Array<ArrayBuffer>;
}

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
  assign(code, index, value);
  return local(index);
}

/** Calculates `value` now into a local variable. */
export function assign(code: Code, variable: number, value: Expression): void {
  value(code);
  code.set(variable);
}

const constant =
  <T>(write: (code: Code, value: T) => void) =>
  (value: T): Expression =>
  (code) =>
    write(code, value);

export const i32 = constant((code, value: number) => code.i32(value));
export const i64 = constant((code, value: bigint) => code.i64(value));
export const f64 = constant((code, value: number) => code.f64(value));
/** A float in all four lanes. */
export const f32x4 = constant((code, value: number) => code.f32x4(value));
/** An integer in all four lanes. */
export const i32x4 = constant((code, value: number) => code.i32x4(value));

/** Picks four of the eight 32-bit lanes of two vectors. */
export const shuffle =
  (a: Expression, b: Expression, lanes: readonly number[]): Expression =>
  (code) => {
    a(code);
    b(code);
    code.shuffle(lanes);
  };
