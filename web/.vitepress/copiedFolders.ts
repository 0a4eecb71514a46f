import type { Plugin } from 'vitepress';

/** Development has `results/lake/`, `results/products/` and `api/` where the build copies them from `docs`, as they are. */
export function copiedFolders(docs: string): Plugin {
  return {
    name: 'copied-folders',
    configureServer({ middlewares, config: { base } }) {
      middlewares.use((request, _response, next) => {
        const [, path] = new RegExp(`^${base}((results/(?:lake|products)|api)/.*)`).exec(request.url!) ?? [];
        // The files of this address Vite leaves alone.
        if (path !== undefined) request.url = `${base}@fs${docs}/${path}`;
        next();
      });
    },
  };
}
