/**
 * Compares native/math.h and native/scalar.h at every level, bit for bit, with the WebAssembly engine: `npx tsx native/test/bits.ts`.
 *
 *   --levels v2,v4       only these levels
 *   --functions Exp,Tan  only these functions
 *   --all                every float there is, for functions of one number
 *   --time               nanoseconds of each function for 4,096 floats
 *
 * ZIG is the compiler (`python3 -m ziglang`), QEMU the emulator of arm64 (none: that level is not run).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { ElementType, Node, Value } from '../../src/engine/graph/value.ts';
import { Code, encodeModule, hold, type ModuleFunction, op } from '../../src/engine/wasm/code.ts';
import { emitElementwise } from '../../src/engine/wasm/elementwise.ts';
import { scalarFunction } from '../../src/engine/wasm/math/scalar.ts';

interface Level {
  readonly target: string;
  readonly processor: string;
  readonly width: number;
  readonly emulator?: string;
}

const { ZIG = 'python3 -m ziglang', QEMU } = process.env;
const LEVELS: Readonly<Record<string, Level>> = {
  v2: { target: 'x86_64-linux-musl', processor: 'x86_64_v2', width: 4 },
  v3: { target: 'x86_64-linux-musl', processor: 'x86_64_v3', width: 8 },
  v4: { target: 'x86_64-linux-musl', processor: 'x86_64_v4', width: 16 },
  ...(QEMU && { neon: { target: 'aarch64-linux-musl', processor: 'generic', width: 4, emulator: QEMU } }),
};
const FLAGS = '-static -O3 -ffp-contract=off -fno-math-errno -mprefer-vector-width=512 -Wall -Wextra -Werror'.split(
  ' ',
);

const ONE =
  'Exp Expm1 Tanh Sigmoid Log Log1p Softplus Sqrt Ceil Floor Round Truncate Cast Acos Acosh Asin Asinh Atan Atanh Cos Cosh Erf Sin Sinh Tan'.split(
    ' ',
  );
const TWO = ['Max', 'Min', 'Fmod', 'Pow'];
const INTEGERS = new Set(['Truncate', 'Cast']);

/** How many numbers one call of the WebAssembly function takes. */
const BLOCK = 4096;

/** Bits of floats. */
type Words = Int32Array;

/** The function of the engine `wasm`. */
function engineFunction(name: string): (x: Words, y: Words) => Words {
  const functions: ModuleFunction[] = [];
  const library = {
    scalar: (scalar: Parameters<typeof scalarFunction>[0]) => functions.push({ code: scalarFunction(scalar) }),
  };
  const value = (dtype: ElementType): Value => ({ id: 0, shape: [], dtype });
  const node: Node = {
    op: name,
    inputs: [value('float32')],
    attributes: {},
    outputs: [value(name === 'Cast' ? 'int32' : 'float32')],
    origin: '',
  };
  const code = new Code();
  const at = code.local('i32');
  const load = (offset: number) =>
    hold(code, (c) => {
      c.get(at);
      c.memory('v128.load', offset);
    });
  code.count(at, 0, 4 * BLOCK, 16, () => {
    const x = load(0);
    const operands = TWO.includes(name) ? [x, load(4 * BLOCK)] : [x];
    const result =
      name === 'Truncate'
        ? hold(code, op('i32x4.trunc_sat_f32x4_s', x))
        : emitElementwise(code, library, node, operands);
    code.get(at);
    result(code);
    code.memory('v128.store', 8 * BLOCK);
  });
  const memory = new WebAssembly.Memory({ initial: 1 });
  const module = new WebAssembly.Module(encodeModule([{ name: 'run', code }, ...functions]));
  const run = new WebAssembly.Instance(module, { env: { memory } }).exports.run as () => void;
  const [a, b, d] = [0, 1, 2].map((k) => new Int32Array(memory.buffer, 4 * BLOCK * k, BLOCK)) as [Words, Words, Words];
  return (x, y) => {
    const results = new Int32Array(x.length);
    for (let from = 0; from < x.length; from += BLOCK) {
      a.set(x.subarray(from, from + BLOCK));
      b.set(y.subarray(from, from + BLOCK));
      run();
      results.set(d.subarray(0, Math.min(BLOCK, x.length - from)), from);
    }
    return results;
  };
}

function execute(command: readonly string[], input?: Uint8Array): Buffer {
  const { status, signal, stdout, stderr, error } = spawnSync(command[0]!, command.slice(1), {
    input,
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`${command.join(' ')}: ${error ?? signal ?? status}\n${stderr}`);
  return stdout;
}

/** Builds the program of a level; gives the words that run it. */
function build(folder: string, name: string, { target, processor, width, emulator }: Level): string[] {
  const source = fileURLToPath(new URL('bits.c', import.meta.url));
  const program = join(folder, name);
  const options = ['-target', target, `-mcpu=${processor}`, `-DW=${width}`, ...FLAGS, source, '-o', program];
  execute([...ZIG.split(' '), 'cc', ...options]);
  return emulator === undefined ? [program] : [emulator, program];
}

function nativeFunction(program: readonly string[], name: string): (x: Words, y: Words) => Words {
  return (x, y) => {
    const input = new Int32Array(2 * x.length);
    input.set(x);
    input.set(y, x.length);
    const output = execute([...program, name, String(x.length)], new Uint8Array(input.buffer));
    return new Int32Array(output.buffer.slice(output.byteOffset, output.byteOffset + output.length));
  };
}

const isNaNWord = (word: number): boolean => (word & 0x7fffffff) > 0x7f800000;
const float = (word: number): number => new Float32Array(Int32Array.of(word).buffer)[0]!;
const word = (float: number): number => new Int32Array(Float32Array.of(float).buffer)[0]!;
const hexadecimal = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');

/** Where results differ; any NaN is any other. */
function differences(name: string, wanted: Words, got: Words): number[] {
  if (got.length !== wanted.length) throw new Error(`${name}: ${got.length} results, expected ${wanted.length}`);
  const different: number[] = [];
  const isFloat = !INTEGERS.has(name);
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [wanted[i]!, got[i]!];
    if (a !== b && !(isFloat && isNaNWord(a) && isNaNWord(b))) different.push(i);
  }
  return different;
}

/** Bits as random as a check needs. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}

/** Numbers at which a function bends, changes its formula or its result's binade. */
function bends(): number[] {
  const numbers = [0, 1, 2, 4, 0.1, 0.5, 1e-4, 9.1, 17.4, 20, 87.3, 88.72284, 89, 103.97, 104, 700, Infinity];
  numbers.push(Math.SQRT1_2, Math.SQRT2, Math.SQRT2 - 1, 3.4028234663852886e38, Number.NaN);
  for (let n = -149; n < 128; n++) numbers.push(2 ** n, Math.SQRT2 * 2 ** n, 1.5 * 2 ** n);
  for (let n = 0; n <= 520; n++) numbers.push((n * Math.LN2) / 4, (n * Math.PI) / 4, n / 4);
  for (let n = 15; n < 33; n++) numbers.push(2 ** n + 0.5, 2 ** n - 0.5, 2 ** n * 1.75);
  return numbers;
}

/** `around` floats on both sides of each number, of both signs. */
function neighbours(numbers: readonly number[], around: number): number[] {
  const words = numbers.flatMap((number) => [word(number), word(-number)]);
  return words.flatMap((center) => Array.from({ length: 2 * around + 1 }, (_, i) => center + i - around));
}

function samples(): { x: Words; y: Words } {
  const random = generator(1);
  const corners = neighbours(bends(), 3);
  const few = neighbours([0, 1, 2, 3, 0.5, 0.7, 2.5, 7, 41, 2 ** 24, 2 ** 31, 1e-20, 1e-40, 1e20, Infinity], 1);
  few.push(word(Number.NaN), 1, 0x00800000, 0x7f7fffff);
  const pairs = few.flatMap((a) => few.map((b) => [a, b] as const));
  const x = [...pairs.map(([a]) => a), ...corners];
  const y = [...pairs.map(([, b]) => b), ...corners.map(random)];
  for (let i = 0; i < 500_000; i++) {
    x.push(random());
    y.push(random());
  }
  // Where most functions are neither at an end nor near 0.
  const moderate = () => word(float((random() & 0x007fffff) | (127 << 23)) * 2 ** (random() % 8) * Math.sign(random()));
  for (let i = 0; i < 500_000; i++) {
    x.push(moderate());
    y.push(moderate());
  }
  while (x.length % 16 !== 0) {
    x.push(0);
    y.push(0);
  }
  return { x: Int32Array.from(x), y: Int32Array.from(y) };
}

/** All floats, in parts. */
function* everything(): Generator<{ x: Words; y: Words }> {
  const count = 2 ** 24;
  for (let part = 0; part < 2 ** 8; part++) {
    const x = new Int32Array(count);
    for (let i = 0; i < count; i++) x[i] = part * count + i;
    yield { x, y: x };
  }
}

const { values } = parseArgs({
  options: {
    levels: { type: 'string', default: Object.keys(LEVELS).join(',') },
    functions: { type: 'string', default: [...ONE, ...TWO].join(',') },
    all: { type: 'boolean', default: false },
    time: { type: 'boolean', default: false },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'bits-'));
let failures = 0;
try {
  const programs = values.levels.split(',').map((name) => {
    const level = LEVELS[name];
    if (level === undefined) throw new Error(`no level ${name}: there are ${Object.keys(LEVELS)}`);
    return [name, build(folder, name, level)] as const;
  });
  if (values.time) {
    for (const [level, program] of programs) {
      const lines = execute([...program, 'time'])
        .toString()
        .trim();
      console.log(`${level}: ${lines.replaceAll('\n', ', ')}`);
    }
  } else {
    for (const name of values.functions.split(',')) {
      const wanted = engineFunction(name);
      const natives = programs.map(([level, program]) => [level, nativeFunction(program, name)] as const);
      let count = 0;
      const before = failures;
      for (const { x, y } of values.all ? everything() : [samples()]) {
        const expected = wanted(x, y);
        count += x.length;
        for (const [level, native] of natives) {
          const different = differences(name, expected, native(x, y));
          failures += different.length;
          if (different.length > 0) console.log(`${name}, ${level}: ${different.length} of ${x.length} differ`);
          for (const i of different.slice(0, 5)) {
            const [from, to] = [[x[i]!, y[i]!], [expected[i]!]];
            console.log(
              `  ${from.map(hexadecimal)} (${from.map(float)}) → not ${to.map(hexadecimal)} (${to.map(float)})`,
            );
          }
        }
      }
      if (failures === before) console.log(`${name}: ${count} equal at ${programs.map(([level]) => level).join(', ')}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (failures > 0) process.exitCode = 1;
