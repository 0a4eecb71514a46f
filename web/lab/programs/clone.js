// Draw ways over the picture, some above its middle and some below.
// A flow policy clones them, and keeps both.
import { makePolicy, Rng } from 'oxbow';
import { BehaviorCloning } from 'oxbow/agents';
import { canvas, colours, strokes } from 'playground';

const ways = await strokes(); // Each a list of points [x, y] from -1 to 1, 0.1 apart.
const steps = ways.flatMap((way) => way.slice(1).map((to, i) => ({ from: way[i], to })));

const box = { low: [-1, -1], high: [1, 1], shape: [2] };
const rng = new Rng(0);
const policy = makePolicy('spline', { observationSpace: box, actionSpace: box, activation: 'relu', rng });
const cloning = new BehaviorCloning({
  policy,
  demonstrations: {
    observations: Float32Array.from(steps.flatMap(({ from }) => from)),
    actions: Float32Array.from(steps.flatMap(({ from, to }) => [10 * (to[0] - from[0]), 10 * (to[1] - from[1])])),
  },
  learningRate: { linear: [4e-3, 0] },
  normalizeObservations: true,
  outside: 'keep',
});

const paint = canvas.getContext('2d');
for await (const { step } of cloning.train({ steps: 2000, rng: rng.split('training') })) {
  if (step % 400 > 0) continue;
  console.log(`Update ${step}: forty walks of the policy, from where the ways begin`);
  paint.clearRect(0, 0, canvas.width, canvas.height);
  paint.strokeStyle = colours.second;
  for (let i = 0; i < 40; i++) {
    let [x, y] = ways[i % ways.length][0];
    paint.beginPath();
    for (let j = 0; j < 40 && Math.max(Math.abs(x), Math.abs(y)) <= 1; j++) {
      paint.lineTo((0.5 + x / 2) * canvas.width, (0.5 - y / 2) * canvas.height);
      const [dx, dy] = policy.act([x, y]);
      [x, y] = [x + dx / 10, y + dy / 10];
    }
    paint.stroke();
  }
}
