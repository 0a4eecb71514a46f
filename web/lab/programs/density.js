// The density of your data, the first two columns of the CSV below:
// a flow finds its shape, a Gaussian cannot.
import { neuralSplineFlow, Rng } from 'oxbow';
import { canvas, colours, csv } from 'playground';

const rows = csv.split('\n').map((line) => line.split(/[,;\t]/, 2).map(Number.parseFloat));
const data = rows.filter((row) => row.length === 2 && row.every(Number.isFinite)); // A heading has no numbers.
console.log(`${data.length} rows`);

const rng = new Rng(0);
const flow = neuralSplineFlow({ dim: 2, layers: 4, hidden: [32, 32], rng: rng.split('flow') });
const options = { heldOut: 0.2, steps: 500, reportEvery: 100, learningRate: 2e-3, rng };
for await (const { step, heldOutLoss, gaussianLoss } of flow.fit(data, options)) {
  const [mean, gaussian] = [heldOutLoss.toFixed(2), gaussianLoss.toFixed(2)];
  console.log(`Update ${step}: -log p of held-out rows is ${mean} nats, by a Gaussian ${gaussian}`);
}

// The picture goes a tenth beyond the data on each side.
const { width, height } = canvas;
const [x, y] = [0, 1].map((column) => {
  const numbers = data.map((row) => row[column]);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  return { low: low - 0.1 * (high - low), size: 1.2 * (high - low) };
});
const cells = [];
for (let top = 0; top < height; top += 5) for (let left = 0; left < width; left += 5) cells.push([left, top]);
const points = cells.map(([left, top]) => [x.low + (x.size * left) / width, y.low + y.size * (1 - top / height)]);
const densities = flow.logProb(points).map(Math.exp);
const most = Math.max(...densities);
const paint = canvas.getContext('2d');
paint.fillStyle = colours.second;
cells.forEach(([left, top], i) => {
  paint.globalAlpha = densities[i] / most;
  paint.fillRect(left, top, 5, 5);
});
[paint.globalAlpha, paint.fillStyle] = [1, colours.ink];
for (const [a, b] of data) {
  paint.fillRect((width * (a - x.low)) / x.size - 1, height * (1 - (b - y.low) / y.size) - 1, 3, 3);
}
