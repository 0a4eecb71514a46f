/**
 * Your own tfjs under `compile`. A model of tfjs-layers and a plain variable, the noise of the data, are fitted together by maximum
 * likelihood. `state` lists what the step reads and changes: the model, the variable and the optimizer.
 *
 * Run `npx tsx compileTfjs.ts`: about 3 seconds. It prints the loss, −0.9 nats in the end, the noise, which is 0.1 in the data, what
 * the model predicts for sin(1) = 0.84, and the time of a step: compiled, and in plain tfjs.
 */
import * as tf from '@tensorflow/tfjs-core';
import { initializers, layers, sequential } from '@tensorflow/tfjs-layers';
import { Adam, compile, Rng, valueAndGradients } from 'oxbow/engine';

const rng = new Rng(1);
const x = tf.mul(rng.uniformTensor([1000, 1]), 2 * Math.PI);
const y = tf.add(tf.sin(x), tf.mul(rng.normalTensor([1000, 1]), 0.1));

const kernelInitializer = initializers.glorotNormal({ seed: 0 });
const model = sequential({
  layers: [
    layers.dense({ inputShape: [1], units: 16, activation: 'tanh', kernelInitializer }),
    layers.dense({ units: 16, activation: 'tanh', kernelInitializer }),
    layers.dense({ units: 1, kernelInitializer }),
  ],
});
const logNoise = tf.variable(tf.scalar(0));

const parameters = [...model.trainableWeights.map((weight) => weight.read() as tf.Variable), logNoise];
const optimizer = new Adam(parameters);

function train({ x, y, learningRate }: { x: tf.Tensor; y: tf.Tensor; learningRate: tf.Tensor }) {
  const { loss, gradients } = valueAndGradients(() => {
    const z = tf.div(tf.sub(model.apply(x) as tf.Tensor, y), tf.exp(logNoise));
    // −log N(y; model(x), noise²)
    return { loss: tf.mean(tf.add(tf.add(tf.mul(0.5, tf.square(z)), logNoise), 0.5 * Math.log(2 * Math.PI))) };
  }, parameters);
  optimizer.update(gradients, learningRate);
  return { loss };
}
const step = compile(train, { name: 'regression', state: [model, logNoise, optimizer] });

for (let i = 1; i <= 1000; i++) {
  const { loss } = step({ x, y, learningRate: 1e-2 * (1 - i / 1001) });
  if (i % 200 === 0) console.log(`step ${i}: ${loss.dataSync()[0]!.toFixed(2)} nats`);
  loss.dispose();
}
console.log(`noise: ${Math.exp(logNoise.dataSync()[0]!).toFixed(2)}`);
console.log(`sin(1): ${(model.predict(tf.tensor2d([[1]])) as tf.Tensor).dataSync()[0]!.toFixed(2)}`);
console.log(`a step: ${millisecondsOf(() => step({ x, y, learningRate: 0 }))} ms compiled`);
console.log(`a step: ${millisecondsOf(() => train({ x, y, learningRate: tf.scalar(0) }))} ms in plain tfjs`);

function millisecondsOf(run: () => { loss: tf.Tensor }): string {
  const start = performance.now();
  for (let i = 0; i < 20; i++) tf.tidy(() => void run().loss.dataSync());
  return ((performance.now() - start) / 20).toFixed(2);
}
