/**
 * A normalizing flow fitted to data: two half moons. Their entropy is known, 0.95 nats, and no model's mean −log p is less.
 *
 * Run `npx tsx fitDensity.ts`: about 5 seconds. It prints the loss on held-out points of a Gaussian, 1.88 nats, and that of a spline flow,
 * 1.0 nats in the end; then a picture of 1,000 draws from the flow.
 */
import { neuralSplineFlow, Rng } from 'oxbow';

/** Points [x, y] at a distance 1 + N(0, 0.1²) from the centre of one of two half circles. */
function moons(rng: Rng, count: number): Float32Array {
  const points = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) {
    const [angle, radius] = [rng.uniform(0, Math.PI), rng.normal(1, 0.1)];
    const [x, y] = [radius * Math.cos(angle), radius * Math.sin(angle)];
    points.set(i % 2 === 0 ? [x - 0.5, y - 0.25] : [0.5 - x, 0.25 - y], 2 * i);
  }
  return points;
}

const rng = new Rng(0);
const [training, heldOut] = [moons(rng.split('training'), 5000), moons(rng.split('held out'), 5000)];

using flow = neuralSplineFlow({ dim: 2, layers: 4, hidden: [64, 64], rng: rng.split('flow') });
const fit = flow.fit(training, { heldOut, steps: 2000, reportEvery: 500, learningRate: { linear: [3e-3, 0] }, rng });
for await (const { step, heldOutLoss, gaussianLoss } of fit) {
  console.log(`step ${step}: ${heldOutLoss!.toFixed(2)} nats, a Gaussian ${gaussianLoss!.toFixed(2)}`);
}

const draws = flow.sample(1000, { rng: rng.split('draws') });
const rows = Array.from({ length: 20 }, () => new Array<string>(60).fill(' '));
for (let i = 0; i < draws.length; i += 2) {
  const row = rows[Math.round(9.5 - 6 * draws[i + 1]!)];
  const column = Math.round(29.5 + 15 * draws[i]!);
  if (row?.[column] !== undefined) row[column] = '·';
}
console.log(rows.map((row) => row.join('')).join('\n'));
