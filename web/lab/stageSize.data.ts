import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

/** Bytes of what draws in three dimensions as the site has it, compressed as most hosts do it. */
export interface StageSize {
  readonly bytes: number;
}

declare const data: StageSize;

export { data };

export default {
  async load(): Promise<StageSize> {
    const built = await build({
      configFile: false,
      logLevel: 'error',
      build: {
        write: false,
        rollupOptions: { input: resolve(import.meta.dirname, 'stage.worker.ts') },
      },
    });
    const outputs = (Array.isArray(built) ? built : [built]) as {
      readonly output: readonly { readonly code?: string }[];
    }[];
    const code = outputs.flatMap(({ output }) => output.map((chunk) => chunk.code ?? '')).join('');
    return { bytes: gzipSync(code).length };
  },
};
