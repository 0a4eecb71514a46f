import { expect, test } from 'vitest';
import type { EventsInContext } from '../../src/flows/fitData.ts';
import { builtinFlows, type FlowDefinition } from '../../src/flows/index.ts';
import { Rng } from '../../src/random.ts';

const ROWS = 1024;

/** Mean and deviation of x₁, x₂ and the context; and how many times farther out one row in a hundred is. */
const sets = {
  'ordinary units': { mean: [10, 200, 50], deviation: [5, 40, 10] },
  'far from 0': { mean: [1e4, -1e4, 1e4], deviation: [1000, 30, 100] },
  'small beside large': { mean: [0.5, 1e4, -0.2], deviation: [1e-3, 1e3, 1e-3] },
  'a column nearly constant': { mean: [3, 100, 20], deviation: [2e-6, 20, 1e-4] },
  outliers: { mean: [10, 200, 50], deviation: [5, 40, 10], outliers: 10 },
};

/** A bent density whose place depends on the context: in its units, and the same rows in standard ones. */
function draw({ mean, deviation, outliers = 1 }: { mean: number[]; deviation: number[]; outliers?: number }) {
  const rng = new Rng('data');
  const [events, context] = [new Float32Array(2 * ROWS), new Float32Array(ROWS)];
  for (let i = 0; i < ROWS; i++) {
    const factor = i % 100 === 0 ? outliers : 1;
    const c = rng.normal();
    const a = 0.6 * c + 0.8 * rng.normal();
    const z = [a, 0.5 * (a * a - 1) + 0.5 * rng.normal(), c];
    const [x, y, of] = z.map((value, k) => mean[k]! + deviation[k]! * factor * value);
    events.set([x!, y!], 2 * i);
    context[i] = of!;
  }
  const standard = {
    events: events.map((x, i) => (x - mean[i % 2]!) / deviation[i % 2]!),
    context: context.map((x) => (x - mean[2]!) / deviation[2]!),
  };
  return { own: { events, context }, standard, logScale: Math.log(deviation[0]! * deviation[1]!) };
}

async function heldOut(definition: FlowDefinition, data: EventsInContext) {
  const layers = 'layers' in definition.options ? { layers: 2 } : {};
  const flow = definition.make({ dim: 2, contextDim: 1, hidden: [16], ...layers, rng: new Rng('flow') });
  const options = {
    steps: 60,
    batchSize: 128,
    reportEvery: 30,
    learningRate: 5e-3,
    heldOut: 0.25,
    rng: new Rng('fit'),
  };
  let loss = Number.NaN;
  for await (const { best } of flow.fit(data, options)) loss = best!.heldOutLoss;
  flow.dispose();
  return loss;
}

test.each(['realnvp', 'spline'] as const)('%s: a fit is the same in any units, but for the constant', async (name) => {
  for (const [kind, set] of Object.entries(sets)) {
    const { own, standard, logScale } = draw(set);
    const apart = (await heldOut(builtinFlows[name], own)) - (await heldOut(builtinFlows[name], standard)) - logScale;
    expect(Math.abs(apart), kind).toBeLessThan(0.05);
  }
});
