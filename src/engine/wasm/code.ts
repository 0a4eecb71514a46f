import { Bytes } from '../bytes.ts';
import { INSTRUCTIONS, type Instruction } from './instructions.ts';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

const TYPE_CODES: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** A block that leaves nothing on the stack. */
const NO_RESULT = 0x40;

/** The code of one function, in the order in which it runs. Operands are taken from the stack, as in the text format. */
export class Code {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly #locals: ValueType[] = [];
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
      const isLong = code > 0xffff;
      this.#bytes.byte(isLong ? code >> 16 : code >> 8);
      this.#bytes.unsigned(isLong ? code & 0xffff : code & 0xff);
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
    this.op('v128.const');
    for (let lane = 0; lane < 4; lane++) this.#bytes.float32(value);
  }

  /** Four times the same integer. */
  i32x4(value: number): void {
    this.op('v128.const');
    for (let lane = 0; lane < 4; lane++) {
      for (let i = 0; i < 4; i++) this.#bytes.byte((value >> (8 * i)) & 0xff);
    }
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

export interface ModuleOptions {
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
