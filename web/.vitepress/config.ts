import { resolve } from 'node:path';
import { defineConfig } from 'vitepress';
import { copiedFolders } from './copiedFolders.ts';
import { decisionPages } from './decisionPages.ts';
import { githubSlug } from './githubSlug.ts';
import { rootPages } from './rootPages.ts';
import { siteLinks } from './siteLinks.ts';

const root = resolve(import.meta.dirname, '../..');

export default defineConfig({
  title: 'oxbow',
  description: 'Reinforcement learning with flow policies, in TypeScript.',
  lang: 'en',
  base: process.env.SITE_BASE ?? '/',
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
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  lastUpdated: false,
  // Its heading is the name of the site.
  transformPageData: ({ relativePath }) => (relativePath === 'start.md' ? { title: 'Start' } : {}),
  vite: {
    plugins: [copiedFolders(resolve(root, 'docs'))],
    resolve: {
      alias: [
        { find: /^oxbow$/, replacement: resolve(root, 'src/index.ts') },
        { find: /^oxbow\/(envs|agents|experiments)$/, replacement: resolve(root, '$1/index.ts') },
        { find: 'oxbow/engine', replacement: resolve(root, 'src/engine/index.ts') },
      ],
    },
    // Modules of agents only define: who imports one agent does not load the others.
    worker: {
      format: 'es',
      rollupOptions: { treeshake: { moduleSideEffects: (id) => !id.startsWith(resolve(root, 'agents')) } },
    },
    // Errors name the class that throws them.
    esbuild: { keepNames: true },
    build: { rollupOptions: { external: [/^node:/, 'onnxruntime-node'] } },
  },
  markdown: {
    config: siteLinks,
    anchor: { slugify: githubSlug },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    languageAlias: { wat: 'lisp' },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Lake', link: '/lab' },
      { text: 'Flow', link: '/flow-lab' },
      { text: 'Docs', link: '/policies' },
      { text: 'API', link: '/api/index.html', target: '_self' },
    ],
    sidebar: [
      {
        text: 'Start',
        items: [
          { text: 'Start', link: '/start' },
          { text: 'Which agent, policy, settings', link: '/which-agent' },
          { text: 'When it does not learn', link: '/when-it-does-not-learn' },
          { text: 'Examples', link: '/examples' },
          { text: 'Coming from another library', link: '/coming-from' },
          { text: 'TypeScript, modules, memory', link: '/typescript' },
        ],
      },
      {
        text: 'Policies',
        items: [
          { text: 'Policies', link: '/policies' },
          { text: 'Agents', link: '/agents' },
          { text: 'Environments', link: '/environments' },
          { text: 'Your own environment', link: '/own-environment' },
          { text: 'Gymnasium', link: '/gymnasium' },
          { text: 'All options', link: '/options' },
        ],
      },
      {
        text: 'Flows',
        items: [
          { text: 'Flows', link: '/flows' },
          { text: 'Bijectors', link: '/bijectors' },
          { text: 'M + V D Vᵀ', link: '/low-rank-affine' },
          { text: 'Distributions', link: '/distributions' },
        ],
      },
      {
        text: 'Runs',
        items: [
          { text: 'Training', link: '/training' },
          { text: 'When do you need a flow?', link: '/lake' },
          { text: 'Experiments', link: '/experiments' },
          { text: 'Your own experiment', link: '/own-experiment' },
          { text: 'The run directory', link: '/run-directory' },
          { text: 'Statistics', link: '/statistics' },
          { text: 'Tuning', link: '/tuning' },
          { text: 'Queue', link: '/queue' },
        ],
      },
      {
        text: 'Results',
        items: [
          { text: 'All results', link: '/results' },
          { text: 'Lake', link: '/results/lake' },
          { text: 'Agents', link: '/results/agents' },
          { text: 'Policies', link: '/results/policies' },
          { text: 'Flows', link: '/results/flows' },
          { text: 'Speed', link: '/results/speed' },
          { text: 'Tuning', link: '/results/tuning' },
        ],
      },
      {
        text: 'Engine',
        items: [
          { text: 'Compiling', link: '/engine' },
          { text: 'Backends', link: '/backends' },
          { text: 'Benchmarks', link: '/benchmarks' },
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
            items: decisionPages(resolve(root, 'docs/decisions')),
          },
          { text: 'Changelog', link: '/changelog' },
        ],
      },
    ],
  },
});
