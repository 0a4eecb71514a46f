import { lgamma64 } from './special.ts';

/** Regularized incomplete functions in float64, by series and continued fractions: other formulas than the library's. */

export interface Tails64 {
  readonly below: number;
  readonly above: number;
}

const ENOUGH = 200_000;
const TINY = 1e-300;

/** P(a, x) and Q(a, x) at log x: the power series below a + 1, Legendre's continued fraction above. */
export function gammaTails64(a: number, logX: number): Tails64 {
  const x = Math.exp(logX);
  const front = Math.exp(a * logX - x - lgamma64(a));
  if (x < a + 1) {
    let [term, sum] = [1 / a, 1 / a];
    for (let n = 1; n < ENOUGH && term > sum * 1e-17; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return { below: front * sum, above: 1 - front * sum };
  }
  const fraction = lentz(
    x + 1 - a,
    (n) => n * (a - n),
    (n) => x + 2 * n + 1 - a,
  );
  return { below: 1 - front / fraction, above: front / fraction };
}

/** I_x(a, b) and 1 − I_x(a, b) at the log-odds of x: the continued fraction of the side below the mean. */
export function betaTails64(a: number, b: number, logOdds: number): Tails64 {
  if (logOdds > Math.log((a + 1) / (b + 1))) {
    const { below, above } = betaTails64(b, a, -logOdds);
    return { below: above, above: below };
  }
  const [logX, logRest] = [-softplus(-logOdds), -softplus(logOdds)];
  const x = Math.exp(logX);
  const front = Math.exp(a * logX + b * logRest + lgamma64(a + b) - lgamma64(a) - lgamma64(b)) / a;
  const fraction = lentz(
    1,
    (n) => {
      const m = n >> 1;
      return n % 2 === 1
        ? (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
        : (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    },
    () => 1,
  );
  return { below: front / fraction, above: 1 - front / fraction };
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** first + a₁/(b₁ + a₂/(b₂ + …)), by Lentz' algorithm. */
function lentz(first: number, a: (n: number) => number, b: (n: number) => number): number {
  let [value, c, d] = [first || TINY, first || TINY, 0];
  for (let n = 1; n < ENOUGH; n++) {
    d = 1 / (b(n) + a(n) * d || TINY);
    c = b(n) + a(n) / c || TINY;
    value *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return value;
}
