import { invert, type VectorMap } from './calculus.ts';
import { mlp, under, type Variables } from './mlp.ts';
import { circularSpline, rationalQuadraticSpline } from './splines.ts';

/** A bijector's forward map in float64, from the values of its variables and its context. */
export type Oracle = (variables: Variables, context: number[]) => VectorMap;

/** The same for an elementwise family: from the parameters of all entries. */
export type FamilyOracle = (parameters: number[]) => VectorMap;

/** An elementwise map without variables. */
export const elementwise =
  (f: (x: number) => number): Oracle =>
  () =>
  (x) =>
    x.map(f);

export const prelu: Oracle = (variables) => (x) =>
  x.map((value, i) => {
    const a = variables.a!;
    return value >= 0 ? value : value * (Math.abs(a[a.length === 1 ? 0 : i]!) + 0.01);
  });

/** One bound is a softplus; two are one of its image, stretched onto the interval. */
export const softClip =
  (low: number | undefined, high: number | undefined, hinge: number) =>
  (x: number): number => {
    const softplus = (t: number) => hinge * (Math.max(t / hinge, 0) + Math.log1p(Math.exp(-Math.abs(t / hinge))));
    if (high === undefined) return low! + softplus(x - low!);
    if (low === undefined) return high - softplus(high - x);
    return high - (softplus(high - low - softplus(x - low)) * (high - low)) / softplus(high - low);
  };

export const sinhArcsinh: Oracle = (variables) => (x) =>
  x.map((value, i) => {
    const { skewness, tailweight, factor } = sinhArcsinhAt(variables, i);
    return factor * Math.sinh(tailweight * (Math.asinh(value) + skewness));
  });

export const inverseSinhArcsinh: Oracle = (variables) => (y) =>
  y.map((value, i) => {
    const { skewness, tailweight, factor } = sinhArcsinhAt(variables, i);
    return Math.sinh(Math.asinh(value / factor) / tailweight - skewness);
  });

function sinhArcsinhAt(variables: Variables, i: number) {
  const [skewness, tailweight] = [variables.skewness!, variables.tailweight!].map(
    (values) => values[values.length === 1 ? 0 : i]!,
  ) as [number, number];
  return { skewness, tailweight, factor: 2 / Math.sinh(tailweight * Math.asinh(2)) };
}

export const triangularAffine: Oracle =
  ({ shift, logDiagonal, offDiagonal }) =>
  (x) =>
    x.map((value, row) => {
      let y = shift![row]! + Math.exp(logDiagonal![row]!) * value;
      for (let column = 0; column < row; column++) y += offDiagonal![(row * (row - 1)) / 2 + column]! * x[column]!;
      return y;
    });

export const affine: FamilyOracle = (parameters) => (x) =>
  x.map((value, i) => parameters[i]! + value * Math.exp(5 * Math.tanh(parameters[x.length + i]! / 5)));

export const additive: FamilyOracle = (parameters) => (x) => x.map((value, i) => value + parameters[i]!);

/** Entry i's own among the parameters first … first + count − 1, of which each stands there for all entries in turn. */
export const own = (parameters: number[], entries: number, i: number, first: number, count: number): number[] =>
  Array.from({ length: count }, (_, p) => parameters[(first + p) * entries + i]!);

export const spline =
  (bins: number, bound: number): FamilyOracle =>
  (parameters) =>
  (x) =>
    x.map((value, i) =>
      rationalQuadraticSpline(value, {
        widths: own(parameters, x.length, i, 0, bins),
        heights: own(parameters, x.length, i, bins, bins),
        derivatives: own(parameters, x.length, i, 2 * bins, bins - 1),
        bound,
      }),
    );

export const circular =
  (bins: number): FamilyOracle =>
  (parameters) =>
  (x) =>
    x.map((value, i) =>
      circularSpline(value, {
        widths: own(parameters, x.length, i, 0, bins),
        heights: own(parameters, x.length, i, bins, bins),
        derivatives: own(parameters, x.length, i, 2 * bins, bins),
        phase: parameters[3 * bins * x.length + i]!,
      }),
    );

/** The elementwise bijector itself with its blocks of parameters as variables. */
export const withVariables =
  (family: FamilyOracle, ...names: string[]): Oracle =>
  (variables) =>
    family(names.flatMap((name) => variables[name]!));

export const conditioned =
  (family: FamilyOracle): Oracle =>
  (variables, context) =>
    family(variables.parameters ?? mlp(under(variables, 'network'), context));

/** Location and log-scale are variables or the network's outputs, whichever there are. */
export const locationScale =
  (initialScale = 1): Oracle =>
  (variables, context) => {
    const output = variables.location ?? mlp(under(variables, 'network'), context);
    return (x) =>
      x.map((value, i) => {
        const logScale = variables.logScale?.[i] ?? Math.log(initialScale) + 10 * Math.tanh(output[x.length + i]! / 10);
        return output[i]! + value * Math.exp(logScale);
      });
  };

/** `transformed` are indices; the network sees `shown` of the others, then the context. */
export const coupling =
  (
    family: FamilyOracle,
    transformed: number[],
    shown: (passed: number[]) => number[] = (passed) => passed,
    activation = Math.tanh,
  ): Oracle =>
  (variables, context) => {
    const network = under(variables, 'network');
    return (x) => {
      const passed = x.filter((_, i) => !transformed.includes(i));
      const map = family(mlp(network, [...shown(passed), ...context], activation));
      const values = map(transformed.map((i) => x[i]!));
      return x.map((value, i) => (transformed.includes(i) ? values[transformed.indexOf(i)]! : value));
    };
  };

/** f₀ ∘ f₁ ∘ …, as Chain composes. */
export const chain =
  (...parts: Oracle[]): Oracle =>
  (variables, context) => {
    const maps = parts.map((part, i) => part(under(variables, `bijectors.${i}`), context));
    return (x) => maps.reduceRight((value, map) => map(value), x);
  };

/** The inverse of the bijector at `bijector`, by Newton's method. */
export const inverted =
  (oracle: Oracle): Oracle =>
  (variables, context) => {
    const map = oracle(under(variables, 'bijector'), context);
    return (x) => invert(map, x, x);
  };

/** The bijector whose variables lie at `path`. */
export const inside =
  (path: string, oracle: Oracle): Oracle =>
  (variables, context) =>
    oracle(under(variables, path), context);
