import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach } from 'vitest';
import { selectBackend } from '../../src/engine/backend.ts';

// tfjs-cpu, however the machine is equipped, unless OXBOW_BACKEND asks for another.
await selectBackend(process.env.OXBOW_BACKEND ?? 'cpu');

// The tensors of a test go when it ends: a garbage collector that has to look through those of thousands takes its time.
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());
