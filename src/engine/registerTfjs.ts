import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
// Imported for its effect: it is the one package whose Node build registers the gradients of all kernels, which those of
// tfjs-core itself do not.
import '@tensorflow/tfjs-layers';

/** tfjs-cpu greets its first user in Node with an advertisement of tfjs-node: have that happen here, unheard. */
function useQuietly(): void {
  const flags = tf.env();
  const wasTest = flags.getBool('IS_TEST');
  flags.set('IS_TEST', true);
  const backend = tf.findBackend('cpu');
  backend.disposeData(backend.write(new Float32Array(1), [1], 'float32'));
  flags.set('IS_TEST', wasTest);
}

useQuietly();
