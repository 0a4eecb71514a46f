import { resolve } from 'node:path';
import { defineConfig } from 'vite';

const root = resolve(import.meta.dirname, '..');

/** The script of the pages that `oxbow export --html` writes, `dist/page/player.js`: environments and what they need, without TensorFlow.js. */
export default defineConfig({
  root,
  publicDir: false,
  logLevel: 'error',
  resolve: { alias: { '@tensorflow/tfjs-core': resolve(root, 'web/player/noTensors.ts') } },
  plugins: [
    {
      name: 'no-gymnasium',
      enforce: 'pre',
      resolveId: (source) =>
        source.endsWith('/gymnasium/gymnasiumEnv.ts') ? resolve(root, 'web/lab/noGymnasium.ts') : undefined,
    },
  ],
  build: {
    outDir: 'dist/page',
    emptyOutDir: false,
    target: 'es2022',
    lib: {
      formats: ['es'],
      fileName: () => 'player.js',
      entry: resolve(root, 'web/player/player.ts'),
    },
    rolldownOptions: { output: { minify: true, codeSplitting: false } },
  },
});
