import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vitepress';

/** Of an address below the site: `results/products/report.html` is in such a folder, `results/agents.html` is a page. */
const COPIED = /^(?:results\/[^/]+|api)\//;

/** What the site has of `docs` as it is: the reports of stored runs, and the reference. */
export const copiedFolders = {
  /** Whether an address below the site, `lake.md`, is of a file in one of them. */
  have: (path: string): boolean => COPIED.test(path),

  /** Copies them into the built site. */
  copy(docs: string, site: string): void {
    const results = readdirSync(join(docs, 'results'), { withFileTypes: true });
    const reports = results
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join('results', name, 'report.html'));
    // The reference is made by a command of its own.
    for (const path of [...reports, 'api'].filter((name) => existsSync(join(docs, name)))) {
      cpSync(join(docs, path), join(site, path), { recursive: true });
    }
  },

  /** Development has them where the build copies them. */
  served: (docs: string): Plugin => ({
    name: 'copied-folders',
    configureServer({ middlewares, config: { base } }) {
      middlewares.use((request, _response, next) => {
        const path = request.url!.startsWith(base) ? request.url!.slice(base.length) : '';
        // The files of this address Vite leaves alone.
        if (COPIED.test(path)) request.url = `${base}@fs${docs}/${path}`;
        next();
      });
    },
  }),
};
