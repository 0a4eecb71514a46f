/** A saved flow, fetched, kept in the browser and loaded again: what came of it, as JSON. */
import * as tf from '@tensorflow/tfjs-core';
import { type Flow, loadModule, type ModuleConfig, neuralSplineFlow, Rng, saveModule } from '../../src/index.ts';

type FlowOptions = Omit<Parameters<typeof neuralSplineFlow>[0], 'rng'>;
const make = (config: ModuleConfig): Flow =>
  neuralSplineFlow({ ...(config as unknown as FlowOptions), rng: new Rng('page') });

async function load(from: string) {
  let config: ModuleConfig = {};
  const flow = await loadModule(from, (saved) => {
    config = saved;
    return make(saved);
  });
  const bits = Object.entries(flow.stateDict()).map(([name, { shape, values }]) => [
    name,
    shape,
    [...new Uint32Array(values.buffer)],
  ]);
  return { flow, said: { config, bits } };
}
const message = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: Error) => error.message,
  );

const url = new URL('/flow.json', location.href).href;
const fetched = await load(url);
await saveModule(fetched.flow, 'indexeddb://flow', fetched.said.config);
const kept = await load('indexeddb://flow');
const errors = [
  await message(load('indexeddb://none')),
  await message(loadModule(url, (config) => make({ ...config, layers: 1 }))),
];
const listed = Object.keys(await tf.io.listModels());
console.log(JSON.stringify({ fetched: fetched.said, kept: kept.said, listed, errors }));
