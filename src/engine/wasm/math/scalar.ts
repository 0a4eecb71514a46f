import { assign, Code, type Expression, f64, hold, i32, i64, local, op } from '../code.ts';

/**
 * Functions that are not worth vectorizing, as WebAssembly functions of one or two float64 numbers. Their relative error is below
 * 10⁻⁹, so that rounding the result to float32 leaves about half an ulp. Nothing here calls the host's `Math`, whose last bits
 * differ between JavaScript engines.
 */
export type ScalarName = keyof typeof SCALAR_FUNCTIONS;

type F64 = Expression;

const add = (a: F64, b: F64): F64 => op('f64.add', a, b);
const sub = (a: F64, b: F64): F64 => op('f64.sub', a, b);
const mul = (a: F64, b: F64): F64 => op('f64.mul', a, b);
const div = (a: F64, b: F64): F64 => op('f64.div', a, b);
const abs = (a: F64): F64 => op('f64.abs', a);
const sqrt = (a: F64): F64 => op('f64.sqrt', a);
const lt = (a: F64, b: F64): Expression => op('f64.lt', a, b);
const gt = (a: F64, b: F64): Expression => op('f64.gt', a, b);
const eq = (a: F64, b: F64): Expression => op('f64.eq', a, b);
/** `condition ? a : b`; both are calculated. */
const choose = (condition: Expression, a: F64, b: F64): F64 => op('select', a, b, condition);
const keep = (code: Code, value: F64): F64 => hold(code, value, 'f64');

/** c₀ + c₁x + c₂x² + … */
function polynomial(x: F64, coefficients: readonly number[]): F64 {
  return coefficients
    .slice(0, -1)
    .reduceRight((sum, coefficient) => add(mul(sum, x), f64(coefficient)), f64(coefficients.at(-1)!));
}

/** (eʳ − 1 − r) / r² for |r| ≤ ½ ln 2. */
const EXP_TAIL = [
  0.5, 0.16666666666646782, 0.0416666666666501, 0.008333333354971901, 0.0013888888906916628, 0.00019841206274785362,
  2.4801534341237885e-5, 2.7626466044935e-6, 2.7614931875440477e-7,
];
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** eˣ; 0 below −700, and ∞ above 700, which is far beyond float32. */
function exp(code: Code, x: F64): F64 {
  const bounded = keep(code, choose(lt(x, f64(-700)), f64(-700), choose(gt(x, f64(700)), f64(700), x)));
  const n = keep(code, op('f64.nearest', mul(bounded, f64(Math.LOG2E))));
  const r = keep(code, sub(sub(bounded, mul(n, f64(LN2_HIGH))), mul(n, f64(LN2_LOW))));
  const whole = op('i64.extend_i32_u', op('i32.add', op('i32.trunc_sat_f64_s', n), i32(1023)));
  const scale = op('f64.reinterpret_i64', op('i64.shl', whole, i64(52n)));
  return keep(code, mul(add(add(mul(polynomial(r, EXP_TAIL), mul(r, r)), r), f64(1)), scale));
}

/** (atanh(s)/s − 1) / s² by s², for s up to (√2 − 1)/(√2 + 1). */
const ATANH_TAIL = [
  0.3333333333333335, 0.1999999999994661, 0.14285714314405498, 0.11111105337119258, 0.09091461256757971,
  0.07665308653371652, 0.0731501568206143,
];

/** log x for a normal x > 0. */
function logPositive(code: Code, x: F64): F64 {
  // Counting from the bits of √½ lets the exponent change there.
  const root = 0x3fe6a09e667f3bcdn;
  const bits = hold(code, op('i64.sub', op('i64.reinterpret_f64', x), i64(root)), 'i64');
  const n = keep(code, op('f64.convert_i64_s', op('i64.shr_s', bits, i64(52n))));
  const fraction = op('i64.add', op('i64.and', bits, i64(0x000fffffffffffffn)), i64(root));
  const m = keep(code, op('f64.reinterpret_i64', fraction));
  const s = keep(code, div(sub(m, f64(1)), add(m, f64(1))));
  const z = keep(code, mul(s, s));
  const tail = mul(mul(polynomial(z, ATANH_TAIL), z), s);
  return keep(code, add(add(mul(n, f64(LN2_LOW)), mul(f64(2), add(tail, s))), mul(n, f64(LN2_HIGH))));
}

/** (atan(x)/x − 1) / x² by x², for |x| ≤ tan(π/8). */
const ATAN_TAIL = [
  -0.3333333333333049, 0.19999999997365642, -0.1428571388233816, 0.11111087223232045, -0.09090196231897173,
  0.07680251818955892, -0.06545099535726363, 0.05146799830479534, -0.026894626164810084,
];
const TAN_EIGHTH = Math.SQRT2 - 1;

/** atan x: |x| above 1 by π/2 − atan(1/x), and above tan(π/8) by π/4 + atan((a − 1)/(a + 1)). */
function atan(code: Code, x: F64): F64 {
  const size = keep(code, abs(x));
  const isLarge = hold(code, gt(size, f64(1)), 'i32');
  const a = keep(code, choose(isLarge, div(f64(1), size), size));
  const isMiddle = hold(code, gt(a, f64(TAN_EIGHTH)), 'i32');
  const r = keep(code, choose(isMiddle, div(sub(a, f64(1)), add(a, f64(1))), a));
  const z = keep(code, mul(r, r));
  const small = add(mul(mul(polynomial(z, ATAN_TAIL), z), r), r);
  const upToOne = keep(code, choose(isMiddle, add(small, f64(Math.PI / 4)), small));
  return keep(code, op('f64.copysign', choose(isLarge, sub(f64(Math.PI / 2), upToOne), upToOne), x));
}

/** (sinh(x)/x − 1) / x² by x², for |x| ≤ 1. */
const SINH_TAIL = [
  0.16666666666666624, 0.008333333333363351, 0.0001984126980694593, 2.7557333573715166e-6, 2.5049398085153294e-8,
  1.6294699821438436e-10,
];

/** (sin(x)/x − 1) / x² and (cos x − 1 + x²/2) / x⁴ by x², for |x| ≤ π/4. */
const SIN_TAIL = [
  -0.16666666666666663, 0.0083333333333307, -0.00019841269836385435, 2.7557315910939e-6, -2.5051092308431318e-8,
  1.5915309183057952e-10,
];
const COS_TAIL = [
  0.041666666666666664, -0.0013888888888887241, 2.480158729853226e-5, -2.7557317151858866e-7, 2.0876121534608458e-9,
  -1.1380868171449914e-11,
];

/** π/2 in two parts: a whole number below 2²⁵ times the first is exact. */
const HALF_PI_HIGH = 1.570796325802803;
const HALF_PI_LOW = 9.920935796805404e-10;
/** Up to here the parts of π/2 suffice. */
const REDUCTION_LIMIT = 2 ** 25;
/** The first 224 binary places of 2/π. */
const TWO_OVER_PI = 0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abn;
const TWO_OVER_PI_PLACES = 224;

/**
 * x = (π/2)·n + r with |r| ≤ π/4, for a float32 x: r, and n modulo 4.
 *
 * A large x is m·2ᵉ with a whole m below 2²⁴, and x·(2/π) modulo 4 needs only those places of 2/π whose product with m falls around
 * the point (Payne & Hanek, 1983): a window of 96 places for each exponent, of which three 32-bit words are multiplied.
 */
function quadrant(code: Code, x: F64): { r: F64; n: Expression } {
  const r = code.local('f64');
  const n = code.local('i32');
  op('f64.lt', abs(x), f64(REDUCTION_LIMIT))(code);
  code.branch(
    () => {
      const count = keep(code, op('f64.nearest', mul(x, f64(2 / Math.PI))));
      assign(code, r, sub(sub(x, mul(count, f64(HALF_PI_HIGH))), mul(count, f64(HALF_PI_LOW))));
      assign(code, n, op('i32.trunc_sat_f64_s', count));
    },
    () => {
      const bits = hold(code, op('i64.reinterpret_f64', abs(x)), 'i64');
      // |x| = m · 2^e, m of 24 bits: float32 numbers have no more.
      const e = hold(code, op('i32.sub', op('i32.wrap_i64', op('i64.shr_u', bits, i64(52n))), i32(1023 + 23)), 'i32');
      const m = hold(
        code,
        op('i64.or', op('i64.and', op('i64.shr_u', bits, i64(29n)), i64(0x7fffffn)), i64(0x800000n)),
        'i64',
      );
      const words = window(code, e);
      // The product in units of 2⁻⁹⁴ modulo 2⁹⁶: what is above counts whole turns.
      const low = hold(code, op('i64.mul', m, words[2]), 'i64');
      const middle = hold(code, op('i64.add', op('i64.mul', m, words[1]), op('i64.shr_u', low, i64(32n))), 'i64');
      const high = op('i64.add', op('i64.mul', m, words[0]), op('i64.shr_u', middle, i64(32n)));
      // 2 bits before the point, 62 after it.
      const turns = hold(
        code,
        op('i64.or', op('i64.shl', high, i64(32n)), op('i64.and', middle, i64(0xffffffffn))),
        'i64',
      );
      const nearest = hold(code, op('i64.shr_u', op('i64.add', turns, i64(1n << 61n)), i64(62n)), 'i64');
      const rest = op('f64.convert_i64_s', op('i64.sub', turns, op('i64.shl', nearest, i64(62n))));
      const size = mul(rest, f64((Math.PI / 2) * 2 ** -62));
      assign(code, r, op('f64.mul', size, op('f64.copysign', f64(1), x)));
      const quarter = op('i32.wrap_i64', nearest);
      assign(code, n, op('select', op('i32.sub', i32(0), quarter), quarter, lt(x, f64(0))));
    },
  );
  return { r: local(r), n: local(n) };
}

/** For m·2ᵉ: the binary places of 2/π from the second before to the 94th after the point of the product, as three words. */
function window(code: Code, e: Expression): readonly [Expression, Expression, Expression] {
  const words = [code.local('i64'), code.local('i64'), code.local('i64')] as const;
  // The exponents of float32 numbers from 2²⁵ to the largest.
  const [first, last] = [2, 104];
  const word = (exponent: number, index: number): bigint => {
    // Place p of 2/π weighs 2^(e − p) in the product: the window holds the places from e − 1 to e + 94.
    const end = exponent + 94 - 32 * (2 - index);
    return (TWO_OVER_PI >> BigInt(TWO_OVER_PI_PLACES - end)) & 0xffffffffn;
  };
  // A binary search over the exponents keeps this free of memory.
  const choice = (from: number, to: number): void => {
    if (from === to) {
      words.forEach((variable, index) => {
        assign(code, variable, i64(word(from, index)));
      });
      return;
    }
    const middle = (from + to) >> 1;
    op('i32.le_s', e, i32(middle))(code);
    code.branch(
      () => choice(from, middle),
      () => choice(middle + 1, to),
    );
  };
  choice(first, last);
  return [local(words[0]), local(words[1]), local(words[2])];
}

function sine(r: F64, z: F64): F64 {
  return add(mul(mul(polynomial(z, SIN_TAIL), z), r), r);
}

function cosine(z: F64): F64 {
  return add(sub(mul(mul(polynomial(z, COS_TAIL), z), z), mul(z, f64(0.5))), f64(1));
}

/** `value` for a finite x, else NaN. */
function whereFinite(x: F64, value: F64): F64 {
  return choose(lt(abs(x), f64(Infinity)), value, f64(Number.NaN));
}

/** sin(x + quarters·π/2). */
function sineOf(code: Code, x: F64, quarters: number): F64 {
  const { r, n } = quadrant(code, x);
  const z = keep(code, mul(r, r));
  const turn = hold(code, op('i32.add', n, i32(quarters)), 'i32');
  const isOdd = op('i32.and', turn, i32(1));
  const value = keep(code, choose(isOdd, cosine(z), sine(r, z)));
  return whereFinite(x, choose(op('i32.and', turn, i32(2)), op('f64.neg', value), value));
}

function tangent(code: Code, x: F64): F64 {
  const { r, n } = quadrant(code, x);
  const z = keep(code, mul(r, r));
  const s = keep(code, sine(r, z));
  const c = keep(code, cosine(z));
  const value = choose(op('i32.and', n, i32(1)), op('f64.neg', div(c, s)), div(s, c));
  return whereFinite(x, choose(eq(x, f64(0)), x, value));
}

/** erf(x)/x by x² for |x| ≤ 1, and erf by (|x| − 2.5)/1.5 for 1 ≤ |x| ≤ 4. */
const ERF_SMALL = [
  1.1283791670955121, -0.376126389031744, 0.11283791670580422, -0.026866170586496874, 0.005223977154105304,
  -0.0008548304871782741, 0.00012054681918310599, -1.4913300906316395e-5, 1.631035651387174e-6, -1.5188281247335167e-7,
  9.428596956834164e-9,
];
const ERF_LARGE = [
  0.999593047982555, 0.0032674263701221976, -0.012252848790627824, 0.028181550420121902, -0.04365077420794333,
  0.046453652434876605, -0.031876543953606895, 0.009267188101343988, 0.006680613448285873, -0.00961960609796886,
  0.004544496570266771, 0.00043689057476382545, -0.001828138405849116, 0.0009289505114708216, 5.5468481050979044e-5,
  -0.0003030329467872908, 0.00011481662775900842, 3.754712322177056e-5, -3.3336471370946054e-5, -9.706737580987892e-7,
  3.5874859958577997e-6,
];

function erf(code: Code, x: F64): F64 {
  const size = keep(code, abs(x));
  const z = keep(code, mul(x, x));
  const t = keep(code, div(sub(choose(gt(size, f64(4)), f64(4), size), f64(2.5)), f64(1.5)));
  const large = op('f64.copysign', choose(gt(size, f64(4)), f64(1), polynomial(t, ERF_LARGE)), x);
  return choose(lt(size, f64(1)), mul(polynomial(z, ERF_SMALL), x), choose(eq(x, x), large, x));
}

/** Below it a function of slope 1 at 0 is x to float32's accuracy, up to a cubic term. */
const NEAR_ZERO = 1e-4;

/** `far`, or x + cubic·x³ where x is near 0 and `far` would cancel. */
function oddNearZero(x: F64, cubic: number, far: F64): F64 {
  const near = mul(add(mul(mul(x, x), f64(cubic)), f64(1)), x);
  return choose(lt(abs(x), f64(NEAR_ZERO)), near, far);
}

function sinh(code: Code, x: F64): F64 {
  const e = exp(code, x);
  const z = keep(code, mul(x, x));
  const small = add(mul(mul(polynomial(z, SINH_TAIL), z), x), x);
  return choose(lt(abs(x), f64(1)), small, mul(sub(e, div(f64(1), e)), f64(0.5)));
}

function cosh(code: Code, x: F64): F64 {
  const e = exp(code, x);
  return mul(add(e, div(f64(1), e)), f64(0.5));
}

function asinh(code: Code, x: F64): F64 {
  const size = keep(code, abs(x));
  const far = logPositive(code, keep(code, add(size, sqrt(add(mul(size, size), f64(1))))));
  const finite = choose(eq(size, f64(Infinity)), f64(Infinity), far);
  return choose(eq(x, x), oddNearZero(x, -1 / 6, op('f64.copysign', finite, x)), x);
}

function acosh(code: Code, x: F64): F64 {
  const inside = logPositive(code, keep(code, add(x, sqrt(mul(sub(x, f64(1)), add(x, f64(1)))))));
  const finite = choose(eq(x, f64(Infinity)), f64(Infinity), inside);
  return choose(op('f64.ge', x, f64(1)), finite, f64(Number.NaN));
}

function atanh(code: Code, x: F64): F64 {
  const size = keep(code, abs(x));
  const quotient = keep(code, div(add(f64(1), x), sub(f64(1), x)));
  const inside = oddNearZero(x, 1 / 3, mul(logPositive(code, quotient), f64(0.5)));
  const upToOne = choose(eq(size, f64(1)), op('f64.copysign', f64(Infinity), x), inside);
  return choose(op('f64.le', size, f64(1)), upToOne, f64(Number.NaN));
}

function asin(code: Code, x: F64): F64 {
  return atan(code, keep(code, div(x, sqrt(mul(sub(f64(1), x), add(f64(1), x))))));
}

function acos(code: Code, x: F64): F64 {
  return mul(atan(code, keep(code, sqrt(div(sub(f64(1), x), add(f64(1), x))))), f64(2));
}

/** xʸ as IEEE 754 and JavaScript have it. */
function pow(code: Code, x: F64, y: F64): F64 {
  const size = keep(code, abs(x));
  // log 0 = −∞ and log ∞ = ∞, which the exponent's bounds turn into what is wanted.
  const positive = choose(eq(size, f64(0)), f64(1), size);
  const finite = keep(code, choose(eq(size, f64(Infinity)), f64(1), positive));
  const inside = logPositive(code, finite);
  const atInfinity = choose(eq(size, f64(Infinity)), f64(Infinity), inside);
  const logarithm = choose(eq(size, f64(0)), f64(-Infinity), atInfinity);
  const exponent = keep(code, mul(y, logarithm));
  const power = exp(code, exponent);
  const beyond = choose(gt(exponent, f64(700)), f64(Infinity), choose(lt(exponent, f64(-700)), f64(0), power));
  const isWhole = hold(code, eq(op('f64.trunc', y), y), 'i32');
  const halved = mul(y, f64(0.5));
  const isOdd = op('i32.and', isWhole, op('f64.ne', op('f64.trunc', halved), halved));
  const isNegative = hold(code, lt(op('f64.copysign', f64(1), x), f64(0)), 'i32');
  const magnitude = keep(code, beyond);
  const signed = choose(op('i32.and', isNegative, isOdd), op('f64.neg', magnitude), magnitude);
  // A negative finite number to a fraction is no real number; ±∞ and −0 to one are.
  const isReal = op('i32.or', isWhole, op('i32.eqz', op('i32.and', lt(x, f64(0)), lt(size, f64(Infinity)))));
  const real = choose(isReal, signed, f64(Number.NaN));
  // |x| = 1 with an infinite exponent has no limit.
  const unbounded = op('i32.and', eq(size, f64(1)), eq(abs(y), f64(Infinity)));
  const value = choose(unbounded, f64(Number.NaN), real);
  const known = choose(op('i32.and', eq(x, x), eq(y, y)), value, f64(Number.NaN));
  return choose(eq(y, f64(0)), f64(1), known);
}

/** C's fmod: x − n·y towards 0, exact: what is subtracted is y times a power of two, never more than twice the rest. */
function fmod(code: Code, x: F64, y: F64): F64 {
  const rest = code.local('f64');
  const part = code.local('f64');
  const size = keep(code, abs(y));
  const hasRemainder = op('i32.and', lt(abs(x), f64(Infinity)), gt(size, f64(0)));
  assign(code, rest, f64(Number.NaN));
  op('i32.and', hasRemainder, eq(size, size))(code);
  code.branch(() => {
    assign(code, rest, abs(x));
    op('f64.ge', local(rest), size)(code);
    code.branch(() =>
      code.loop(() => {
        // y scaled to the exponent of the rest, or one below.
        const exponentOf = (v: F64): Expression =>
          op('i64.and', op('i64.reinterpret_f64', v), i64(0x7ff0000000000000n));
        const scaled = op(
          'i64.add',
          op('i64.sub', op('i64.reinterpret_f64', size), exponentOf(size)),
          exponentOf(local(rest)),
        );
        assign(code, part, op('f64.reinterpret_i64', scaled));
        assign(code, part, choose(gt(local(part), local(rest)), mul(local(part), f64(0.5)), local(part)));
        sub(local(rest), local(part))(code);
        code.tee(rest);
        size(code);
        code.op('f64.ge');
      }),
    );
  });
  return op('f64.copysign', local(rest), x);
}

type Body = (code: Code, ...arguments_: F64[]) => F64;

const SCALAR_FUNCTIONS = {
  Acos: acos as Body,
  Acosh: acosh as Body,
  Asin: asin as Body,
  Asinh: asinh as Body,
  Atan: atan as Body,
  Atanh: atanh as Body,
  Cos: ((code, x) => sineOf(code, x!, 1)) as Body,
  Cosh: cosh as Body,
  Erf: erf as Body,
  Fmod: fmod as Body,
  Pow: pow as Body,
  // The reduction loses the sign of −0.
  Sin: ((code, x) => choose(eq(x!, f64(0)), x!, sineOf(code, x!, 0))) as Body,
  Sinh: sinh as Body,
  Tan: tangent as Body,
} as const;

/** How many arguments a function takes. */
export function arity(name: ScalarName): number {
  return name === 'Pow' || name === 'Fmod' ? 2 : 1;
}

export function isScalarFunction(name: string): name is ScalarName {
  return name in SCALAR_FUNCTIONS;
}

/** The WebAssembly function `name`, from float64 to float64. */
export function scalarFunction(name: ScalarName): Code {
  const parameters = Array.from({ length: arity(name) }, () => 'f64' as const);
  const code = new Code(parameters, ['f64']);
  SCALAR_FUNCTIONS[name](code, ...parameters.map((_, i) => local(i)))(code);
  return code;
}
