import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { strippedWasm } from '../.vitepress/strippedWasm.ts';

/** Bytes of MuJoCo's WebAssembly as the site has it, compressed as most hosts do it. */
export interface MujocoSize {
  readonly bytes: number;
}

declare const data: MujocoSize;

export { data };

export default {
  load(): MujocoSize {
    const wasm = readFileSync(createRequire(import.meta.url).resolve('@mujoco/mujoco/mujoco.wasm'));
    return { bytes: gzipSync(strippedWasm(wasm)).length };
  },
};
