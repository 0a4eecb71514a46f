import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach } from 'vitest';
import { selectBackend } from '../../src/engine/backend.ts';
import { selectEngine } from '../../src/engine/runtime/engine.ts';

// Each file begins so, whatever another one in its worker has chosen: tfjs-cpu, however the machine is equipped, unless OXBOW_BACKEND
// asks for another, and the engine that OXBOW_ENGINE says.
await selectBackend(process.env.OXBOW_BACKEND ?? 'cpu');
await selectEngine();

// The tensors of a test go when it ends: thousands of them keep the garbage collector busy.
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());
