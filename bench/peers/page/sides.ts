/// <reference types="vite/client" />
/** The rows in a page, by our engine and by tfjs's backends: what `pagePeers.ts` calls. */
import plain from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm?url';
import * as tf from '@tensorflow/tfjs-core';
import { POLICY_ROWS } from '../../rows.ts';
import type { Shown, Subject } from '../../subjects.ts';
import { block, warmUp } from '../../timing.ts';

// After our engine, which starts the best of the backends that it finds.
const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
setWasmPaths({
  'tfjs-backend-wasm.wasm': plain,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded,
});
await tf.setBackend('wasm');

/** What computes, and the tfjs backend that is active meanwhile. */
const SIDES = {
  page: { backend: 'cpu', isPlain: false },
  'tfjs-cpu': { backend: 'cpu', isPlain: true },
  'tfjs-wasm': { backend: 'wasm', isPlain: true },
} as const;
export type SideName = keyof typeof SIDES;

const subjects = new Map<SideName, Subject>();

const sides = {
  /** Makes a side's subject in place of the one before, and warms it up: what its first runs gave. */
  async make(side: SideName, row: string, batch: number): Promise<Shown> {
    const { backend, isPlain } = SIDES[side];
    subjects.get(side)?.dispose();
    await tf.setBackend(backend);
    const subject = POLICY_ROWS.find(({ name }) => name === row)!.make(batch, { isPlain });
    subjects.set(side, subject);
    const shown = await subject.show();
    await warmUp(subject.run);
    return shown;
  },

  /** Milliseconds of one run of a side's subject, averaged over a block. */
  async time(side: SideName, repeats: number): Promise<number> {
    await tf.setBackend(SIDES[side].backend);
    return block(subjects.get(side)!.run, repeats);
  },
};

declare global {
  var benchSides: Sides;
}
type Sides = typeof sides;
globalThis.benchSides = sides;
