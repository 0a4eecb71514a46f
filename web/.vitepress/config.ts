import { copyFileSync, existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig, type Plugin } from 'vitepress';
import { themeDeclarations } from '../../envs/drawing/palette.ts';
import { copiedFolders } from './copiedFolders.ts';
import { shareTags, siteAddress } from './html.ts';
import {
  decisionPages,
  examplePrograms,
  githubSlug,
  pictureSize,
  readmeLines,
  rootPages,
  siteLinks,
} from './markdown.ts';
import { playgroundFiles } from './playgroundFiles.ts';
import { stripsWasm } from './strippedWasm.ts';

const root = resolve(import.meta.dirname, '../..');
const docs = resolve(root, 'docs');
const { site, base } = siteAddress(process.env);
/** The reference, which `npm run docs:api` writes: a link to it only where it is. */
const api = (text: string) =>
  existsSync(resolve(docs, 'api/index.html')) ? [{ text, link: '/api/index.html', target: '_self' }] : [];
/** What is shown of the site where somebody shares its address. */
const PREVIEW = resolve(docs, 'preview.png');

/** Workers of the built site register the lakes alone, and have no Python; in development, where nothing is bundled, all environments are there. */
const standIns: Plugin = {
  name: 'stand-ins',
  enforce: 'pre',
  resolveId(source) {
    if (source.endsWith('/registerEnvs.ts')) return resolve(root, 'web/lab/registerLakes.ts');
    return source.endsWith('/gymnasium/gymnasiumEnv.ts') ? resolve(root, 'web/lab/noGymnasium.ts') : undefined;
  },
};

/** Each notice of a licence stands once in a chunk: tfjs repeats one in each of its files, several hundred times. */
const licencesOnce: Plugin = {
  name: 'licences-once',
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      const seen = new Set<string>();
      chunk.code = chunk.code.replace(/\/\*\*\s+\* @license[\s\S]*?\*\//g, (notice) => {
        const text = notice.replace(/\s+/g, ' ');
        if (seen.has(text)) return '';
        seen.add(text);
        return notice;
      });
    }
  },
};

/** Errors of workers say what an option means up to its first semicolon: what stands behind that is for documentation. */
const glossesOnly: Plugin = {
  name: 'glosses-only',
  enforce: 'pre',
  transform(code, id) {
    if (!/\.ts$/.test(id) || !id.startsWith(root)) return undefined;
    return code.replace(/(\.describe\(\s*'|\bdescription:\s*')((?:[^'\\;\n]|\\.)*);(?:[^'\\\n]|\\.)*'/g, "$1$2'");
  },
};

/** Sources in place of the package. */
const alias = [
  { find: /^oxbow$/, replacement: resolve(root, 'src/index.ts') },
  { find: /^oxbow\/(envs|datasets|agents)$/, replacement: resolve(root, '$1/index.ts') },
  { find: /^oxbow\/experiments$/, replacement: resolve(root, 'cli/index.ts') },
  { find: 'oxbow/engine', replacement: resolve(root, 'src/engine/index.ts') },
  { find: '@tensorflow/tfjs-layers', replacement: resolve(root, 'web/lab/tfjsGradients.ts') },
  { find: 'oxbow/mujoco', replacement: resolve(root, 'envs/mujoco/index.ts') },
];

export default defineConfig({
  title: 'oxbow',
  description: 'Reinforcement learning with flow policies, in TypeScript.',
  lang: 'en',
  base,
  // The pages of the root, of docs/ and of web/, as one folder of pages.
  srcDir: root,
  // The sidebar is what docs/README.md is where there is none.
  srcExclude: ['**/node_modules/**', 'docs/README.md', 'docs/api/**', 'runs/**', 'dist/**'],
  rewrites: {
    ...rootPages,
    'docs/:page': ':page',
    'docs/decisions/:page': 'decisions/:page',
    'docs/results/:page': 'results/:page',
    'web/:page': ':page',
  },
  outDir: resolve(root, 'web/dist'),
  cacheDir: resolve(root, 'web/.vitepress/cache'),
  cleanUrls: false,
  head: [
    ['link', { rel: 'icon', href: 'data:,' }],
    // The colours of the reports, for drawings that stand in a page.
    ['style', {}, `:root { ${themeDeclarations('light')} } .dark { ${themeDeclarations('dark')} }`],
  ],
  lastUpdated: false,
  // Its heading is the name of the site.
  transformPageData: ({ relativePath }) => (relativePath === 'start.md' ? { title: 'Start' } : {}),
  transformHead: ({ pageData, title, description }) =>
    shareTags({
      title,
      description,
      path: pageData.relativePath.replace(/(^|\/)index\.md$/, '$1').replace(/\.md$/, '.html'),
      site,
      base,
      image: {
        path: 'preview.png',
        alt: 'Walks of two policies round a lake: many of the Gaussian’s end in it, few of the flow’s',
        ...pictureSize(PREVIEW),
      },
    }),
  buildEnd: async ({ outDir }) => {
    copyFileSync(PREVIEW, resolve(outDir, 'preview.png'));
    await playgroundFiles.write(resolve(outDir, 'playground'), alias);
    copiedFolders.copy(docs, outDir);
  },
  vite: {
    // What builds and runs write is no reason to load a page again.
    server: {
      watch: { ignored: ['web/dist/**', 'docs/api/**', 'dist/**', 'runs/**'].map((path) => resolve(root, path)) },
    },
    plugins: [
      copiedFolders.served(docs),
      playgroundFiles.served(resolve(root, 'web/.vitepress/cache/playground'), alias),
      stripsWasm(),
      licencesOnce,
    ],
    // Its WebAssembly lies beside it.
    optimizeDeps: { exclude: ['@mujoco/mujoco'] },
    resolve: { alias },
    // Modules of agents only define: who imports one agent does not load the others.
    worker: {
      format: 'es',
      plugins: () => [licencesOnce, standIns, glossesOnly],
      rollupOptions: { treeshake: { moduleSideEffects: (id) => !id.startsWith(resolve(root, 'agents')) } },
    },
    // Errors name the class that throws them.
    esbuild: { keepNames: true },
    // A picture is a file, however small.
    build: { assetsInlineLimit: 0, rollupOptions: { external: [/^node:/] } },
  },
  markdown: {
    config: (md) => {
      examplePrograms(md);
      siteLinks(md);
      readmeLines(resolve(root, 'README.md'))(md);
    },
    anchor: { slugify: githubSlug },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Need a flow?', link: '/lake' },
      {
        text: 'Labs',
        items: [
          { text: 'Playground', link: '/playground' },
          { text: 'The lake', link: '/lab' },
          { text: 'Inside a flow', link: '/flow-lab' },
          { text: 'Robots', link: '/robots' },
          { text: 'A maze', link: '/maze' },
        ],
      },
      { text: 'Guide', link: '/agents' },
      { text: 'Results', link: '/results' },
      ...api('API'),
    ],
    sidebar: [
      {
        text: 'Start',
        items: [
          { text: 'Start', link: '/start' },
          { text: 'When do you need a flow policy?', link: '/lake' },
          { text: 'Playground', link: '/playground' },
          { text: 'The lab', link: '/lab' },
          { text: 'Inside a flow', link: '/flow-lab' },
          { text: 'Robots learn to run', link: '/robots' },
          { text: 'Clones in a maze', link: '/maze' },
        ],
      },
      {
        text: 'Guide',
        items: [
          { text: 'Training', link: '/training' },
          { text: 'Policies', link: '/policies' },
          { text: 'Memory', link: '/memory' },
          { text: 'Environments', link: '/environments' },
          { text: 'Datasets', link: '/datasets' },
          { text: 'The engine', link: '/engine' },
          { text: 'Running studies', link: '/experiments' },
        ],
      },
      {
        text: 'Agents',
        items: [
          { text: 'Which agent?', link: '/agents' },
          { text: 'Policy gradients', link: '/policy-gradients' },
          { text: 'Actor-critics', link: '/actor-critics' },
          { text: 'Q-learning', link: '/q-learning' },
          { text: 'Learning from data', link: '/offline' },
          { text: 'When it does not learn', link: '/when-it-does-not-learn' },
        ],
      },
      {
        text: 'Densities',
        items: [
          { text: 'Flows', link: '/flows' },
          { text: 'Bijectors', link: '/bijectors' },
          { text: 'Distributions', link: '/distributions' },
        ],
      },
      {
        text: 'Look up',
        items: [
          { text: 'Examples', link: '/examples' },
          { text: 'All options', link: '/options' },
          ...api('API reference'),
          { text: 'Coming from another library', link: '/coming-from' },
          { text: 'Related work', link: '/related-work' },
          { text: 'Glossary', link: '/glossary' },
          { text: 'Statistics', link: '/statistics' },
        ],
      },
      {
        text: 'Results',
        items: [
          { text: 'All results', link: '/results' },
          { text: 'What a shape buys', link: '/shape' },
          { text: 'The lake', link: '/lake' },
          { text: 'Mazes', link: '/mazes' },
          { text: 'A cube', link: '/cube' },
          { text: 'Agents and robots', link: '/results/agents' },
          { text: 'Policies and flows', link: '/results/policies' },
          { text: 'Learning from data', link: '/results/offline' },
          { text: 'Speed', link: '/results/speed' },
        ],
      },
      {
        text: 'Project',
        items: [
          { text: 'Contributing', link: '/contributing' },
          { text: 'What is trusted', link: '/security' },
          { text: 'Report a vulnerability', link: '/reporting' },
          { text: 'Architecture', link: '/architecture' },
          {
            text: 'Decisions',
            link: '/decisions/index',
            collapsed: true,
            items: decisionPages(resolve(docs, 'decisions')),
          },
          { text: 'Changelog', link: '/changelog' },
        ],
      },
    ],
  },
});
