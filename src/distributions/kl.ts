import * as tf from '@tensorflow/tfjs-core';
import { broadcast, stopGradient } from '../nn/tensors.ts';
import { checkArgument } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import { Rng } from '../random.ts';
import { besselGap, logBesselI0e } from '../special/besselI.ts';
import { EULER, expExcess, logExcess, proportionExcess, twoProduct } from '../special/elementary.ts';
import { lgamma, lgammaExcess } from '../special/gamma.ts';
import { Beta } from './beta.ts';
import { Categorical, OneHotCategorical } from './categorical.ts';
import { VonMises } from './circular.ts';
import { Dirichlet } from './dirichlet.ts';
import { checkedSamples, type Distribution, type Estimate, meanWithError } from './distribution.ts';
import { Exponential, Gamma } from './gamma.ts';
import { Cauchy, Gumbel, Laplace } from './locationScale.ts';
import { MultivariateNormal, MultivariateNormalDiag } from './multivariateNormal.ts';
import { LogNormal, Normal, TruncatedNormal } from './normal.ts';
import { BatchBroadcast, divergenceBatch, Independent } from './shapes.ts';
import { TransformedDistribution } from './transformedDistribution.ts';
import { Uniform } from './uniform.ts';

/**
 * KL(p ‖ q) = E_p[log p(X) − log q(X)], nats, exact, of the batch shape that the two broadcast to.
 *
 * There is a closed form for pairs of one kind of normal, log-normal, exponential, Gumbel, Laplace, Cauchy, gamma, beta, Dirichlet,
 * von Mises, uniform and categorical distributions; for normal ones truncated to the same bounds, by quadrature; for any two
 * multivariate normal ones; for two {@link Independent} ones of such; and for two
 * {@link TransformedDistribution}s by one bijector, which does not change it.
 *
 * @throws if there is none, for which there is `klEstimate`; or if the events or batches do not fit
 */
export function kl(p: Distribution, q: Distribution): tf.Tensor {
  const batch = divergenceBatch('kl', p, q);
  for (const formula of FORMULAS) {
    const value = formula(p, q);
    if (value !== undefined) return broadcast(value, batch);
  }
  throw new Error(`kl: there is no closed form for ${p.constructor.name} and ${q.constructor.name}; use klEstimate`);
}

type Formula = (p: Distribution, q: Distribution) => tf.Tensor | undefined;

/** A formula for two distributions of one class. */
function both<D extends Distribution>(
  type: abstract new (...args: never[]) => D,
  formula: (p: D, q: D) => tf.Tensor | undefined,
): Formula {
  return (p, q) => (p instanceof type && q instanceof type ? formula(p, q) : undefined);
}

const FORMULAS: readonly Formula[] = [
  both(Normal, normals),
  both(LogNormal, (p, q) => normals(p.normal, q.normal)),
  both(MultivariateNormalDiag, (p, q) => tf.sum(normals(p, q), -1)),
  both(MultivariateNormal, multivariateNormals),
  // With d = log rate_q − log rate_p: eᵈ − 1 − d.
  both(Exponential, (p, q) => expExcess(tf.sub(q.logRate, p.logRate))),
  both(Gumbel, gumbels),
  both(Laplace, laplaces),
  both(Cauchy, cauchys),
  both(TruncatedNormal, truncatedNormals),
  both(Beta, betas),
  both(Dirichlet, (p, q) => concentrations(p.concentration, q.concentration)),
  both(Gamma, gammas),
  both(VonMises, angles),
  both(Uniform, uniforms),
  both(Categorical, categoricals),
  both(OneHotCategorical, (p, q) => categoricals(p.categorical, q.categorical)),
  both(Independent, (p, q) => {
    if (p.ndims !== q.ndims) return undefined;
    const each = kl(p.distribution, q.distribution);
    const axes = Array.from({ length: p.ndims }, (_, i) => each.rank - 1 - i);
    return axes.length === 0 ? each : tf.sum(each, axes);
  }),
  both(TransformedDistribution, (p, q) => (p.bijector === q.bijector ? kl(p.base, q.base) : undefined)),
  (p, q) => (p instanceof BatchBroadcast ? kl(p.distribution, q) : undefined),
  (p, q) => (q instanceof BatchBroadcast ? kl(p, q.distribution) : undefined),
];

/** With d = log σ_p² − log σ_q²: ½ (eᵈ − 1 − d + (μ_p − μ_q)²/σ_q²). */
function normals(p: Pick<Normal, 'loc' | 'logScale'>, q: Pick<Normal, 'loc' | 'logScale'>): tf.Tensor {
  const ratio = tf.mul(tf.sub(p.logScale, q.logScale), 2);
  const apart = tf.mul(tf.sub(p.loc, q.loc), tf.exp(tf.neg(q.logScale)));
  return tf.mul(tf.add(expExcess(ratio), tf.square(apart)), 0.5);
}

/** ½ tr(Σ_q⁻¹ Σ_p) − log q(μ_p) − H[p]; the trace is the sum of cᵀ Σ_q⁻¹ c over the columns c of a root of Σ_p. */
function multivariateNormals(p: MultivariateNormal, q: MultivariateNormal): tf.Tensor {
  const columns = p.rootColumns();
  const missing = Math.max(0, q.batchShape.length - p.batchShape.length);
  const [count, ...rest] = columns.shape as [number, ...number[]];
  const aligned = tf.reshape(columns, [count, ...new Array<number>(missing).fill(1), ...rest]);
  const trace = tf.sum(q.squaredNorm(aligned), 0);
  return tf.sub(tf.mul(trace, 0.5), tf.add(q.logProb(p.mean()), p.entropy()));
}

/** With d = (μ_q − μ_p)/β_q: log(β_q/β_p) + γ (β_p/β_q − 1) + eᵈ Γ(β_p/β_q + 1) − 1 − d. */
function gumbels(p: Gumbel, q: Gumbel): tf.Tensor {
  const logRatio = tf.sub(p.logScale, q.logScale);
  const ratio = tf.exp(logRatio);
  const apart = tf.mul(tf.sub(q.loc, p.loc), tf.exp(tf.neg(q.logScale)));
  const exponent = tf.add(apart, lgamma(tf.add(ratio, 1)));
  return tf.sub(tf.add(tf.sub(tf.mul(tf.expm1(logRatio), EULER), logRatio), tf.expm1(exponent)), apart);
}

/** With L = log(β_p/β_q) and d = |μ_p − μ_q|: e^(L − d/β_p) − 1 − L + d/β_q. */
function laplaces(p: Laplace, q: Laplace): tf.Tensor {
  const logRatio = tf.sub(p.logScale, q.logScale);
  const apart = tf.abs(tf.sub(p.loc, q.loc));
  const [own, other] = [p, q].map(({ logScale }) => tf.mul(apart, tf.exp(tf.neg(logScale))));
  return tf.add(expExcess(tf.sub(logRatio, own!)), tf.sub(other!, own!));
}

/**
 * log ((γ_p + γ_q)² + (μ_p − μ_q)²)/(4 γ_p γ_q), as log(1 + sinh²(½ log(γ_p/γ_q)) + (μ_p − μ_q)²/(4 γ_p γ_q)).
 *
 * Chyzak & Nielsen, "A closed-form formula for the Kullback–Leibler divergence between Cauchy distributions", arXiv:1905.10965.
 */
function cauchys(p: Cauchy, q: Cauchy): tf.Tensor {
  const half = tf.mul(tf.sub(p.logScale, q.logScale), 0.5);
  const sinh = tf.mul(tf.sub(tf.expm1(half), tf.expm1(tf.neg(half))), 0.5);
  const middle = tf.mul(tf.add(p.logScale, q.logScale), -0.5);
  const apart = tf.mul(tf.mul(tf.sub(p.loc, q.loc), tf.exp(middle)), 0.5);
  return tf.log1p(tf.add(tf.square(sinh), tf.square(apart)));
}

/** E_p[log p(X) − log q(X)] where the bounds are the same tensors, or the same numbers. */
function truncatedNormals(p: TruncatedNormal, q: TruncatedNormal): tf.Tensor | undefined {
  if (p.low !== q.low || p.high !== q.high) return undefined;
  // The axis of the integral's nodes lies before the whole batch, of which p may have less.
  const loc = broadcast(p.loc, divergenceBatch('kl', p, q));
  const whole = new TruncatedNormal({ loc, logScale: p.logScale, low: p.low, high: p.high });
  return whole.expectation((x) => tf.sub(whole.logProb(x), q.logProb(x)));
}

/**
 * With d = a_q − a_p and u = log(mean_p/mean_q): a_q (eᵘ − 1 − u) + ε(a_p, a_q), where ε is {@link lgammaExcess}; no term of it is below 0.
 */
function gammas(p: Gamma, q: Gamma): tf.Tensor {
  const [from, to] = [p.concentration, q.concentration];
  const d = tf.sub(to, from);
  const share = tf.div(d, from);
  // Near: log(a_q/a_p) = d/a_p less its excess, where even the quotient's rounding counts if the means are equal.
  const { high, low } = twoProduct(share, from);
  const lost = tf.div(tf.sub(tf.sub(d, high), low), from);
  const rates = tf.sub(q.logRate, p.logRate);
  const near = tf.add(tf.sub(tf.sub(rates, share), lost), logExcess(from, to, d));
  const isNear = stopGradient(() => tf.logicalAnd(tf.greater(share, -0.5), tf.less(share, 1)));
  const u = tf.where(isNear, near, tf.sub(rates, tf.log(tf.div(to, from))));
  return tf.add(tf.mul(to, expExcess(u)), lgammaExcess(from, to, d));
}

function betas(p: Beta, q: Beta): tf.Tensor {
  const [first, second] = [p, q].map((each) => tf.stack([each.concentration1, each.concentration0], -1));
  return concentrations(first!, second!);
}

/**
 * Of Dirichlet distributions with concentrations a and b, whose sums are A and B:
 *
 *     log B(b)/B(a) + Σ (bᵢ − aᵢ)(ψ(A) − ψ(aᵢ)) = B·KL(b/B ‖ a/A)* + Σ ε(aᵢ, bᵢ) − ε(A, B)
 *
 * The first term, * of categorical distributions, is that of the means, and ε is {@link lgammaExcess}. Between concentrations that are
 * large or near, it is a small difference of large numbers as it stands on the left, and one of small ones on the right.
 */
function concentrations(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const d = tf.sub(b, a);
  const whole = lgammaExcess(tf.sum(a, -1), tf.sum(b, -1), tf.sum(d, -1));
  return tf.add(proportionExcess(b, a), tf.sub(tf.sum(lgammaExcess(a, b, d), -1), whole));
}

/** log I₀(κ_q)/I₀(κ_p) + (I₁/I₀)(κ_p) (κ_p − κ_q cos(μ_p − μ_q)), of scaled functions, so that κ itself cancels on paper. */
function angles(p: VonMises, q: VonMises): tf.Tensor {
  const half = tf.sin(tf.mul(tf.sub(p.loc, q.loc), 0.5));
  const lost = tf.mul(tf.mul(tf.square(half), 2), q.concentration);
  const along = tf.add(tf.sub(p.concentration, q.concentration), lost);
  const volumes = tf.sub(logBesselI0e(q.concentration), logBesselI0e(p.concentration));
  return tf.add(volumes, tf.sub(lost, tf.mul(besselGap(p.concentration), along)));
}

/** dim · log of the quotient of the widths where p lies within q, else ∞. */
function uniforms(p: Uniform, q: Uniform): tf.Tensor {
  const isWithin = q.low <= p.low && p.high <= q.high;
  const each = isWithin ? portableMath.log((q.high - q.low) / (p.high - p.low)) : Number.POSITIVE_INFINITY;
  return tf.scalar(p.eventShape[0]! * each);
}

/** Σ P(k) (log P(k) − log Q(k)) over the categories that p draws; ∞, with gradient 0, where q never draws one of them. */
function categoricals(p: Categorical, q: Categorical): tf.Tensor {
  const drawn = stopGradient(() => tf.cast(tf.greater(tf.softmax(p.logits), 0), 'float32'));
  // Finite where a logit is −∞, of p: 0·∞ is NaN.
  const finite = tf.maximum(p.logits, -1e30);
  const gap = tf.sub(tf.logSoftmax(finite), tf.logSoftmax(tf.maximum(q.logits, -1e30)));
  const sum = tf.sum(tf.mul(tf.mul(tf.softmax(finite), drawn), gap), -1);
  const isInfinite = stopGradient(() => {
    const never = tf.cast(tf.equal(q.logits, Number.NEGATIVE_INFINITY), 'float32');
    return tf.greater(tf.max(tf.mul(drawn, never), -1), 0);
  });
  return tf.where(isInfinite, tf.fill(sum.shape, Number.POSITIVE_INFINITY), sum);
}

/**
 * KL(p ‖ q) = E_p[log p(X) − log q(X)] estimated from `samples` draws of p, unbiased, nats, with its standard error, of the batch shape that
 * the two broadcast to, each entry by draws of its own. Its gradient is right where p's samples are reparameterized.
 * @throws if `samples` is no integer above 1, or the events or batches do not fit
 */
export function klEstimate(p: Distribution, q: Distribution, rng: Rng, samples = 1024): Estimate {
  const batch = divergenceBatch('klEstimate', p, q);
  checkArgument('klEstimate', 'rng', rng, Rng);
  const whole = tf.util.arraysEqual(batch, p.batchShape) ? p : new BatchBroadcast(p, batch);
  const { sample, logProb } = whole.sampleWithLogProb(rng, [checkedSamples('klEstimate', samples)]);
  return meanWithError('klEstimate', tf.sub(logProb, q.logProb(sample)));
}
