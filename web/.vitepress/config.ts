import { resolve } from 'node:path';
import { defineConfig } from 'vitepress';
import { githubSlug } from './githubSlug.ts';

const root = resolve(import.meta.dirname, '../..');

export default defineConfig({
  title: 'oxbow',
  description: 'Reinforcement learning with flow policies, in TypeScript.',
  lang: 'en',
  base: process.env.SITE_BASE ?? '/',
  // The pages of docs/ and those of web/, as one folder of pages.
  srcDir: root,
  srcExclude: ['README.md', '**/node_modules/**', 'docs/api/**', 'runs/**', 'dist/**'],
  rewrites: { 'docs/:page': ':page', 'web/:page': ':page' },
  outDir: resolve(root, 'web/dist'),
  cacheDir: resolve(root, 'web/.vitepress/cache'),
  cleanUrls: false,
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  lastUpdated: false,
  // A run's report, which the build copies as it is.
  ignoreDeadLinks: [/results\//],
  vite: {
    resolve: {
      alias: [
        { find: /^oxbow$/, replacement: resolve(root, 'src/index.ts') },
        { find: /^oxbow\/(envs|agents|experiments)$/, replacement: resolve(root, '$1/index.ts') },
        { find: 'oxbow/engine', replacement: resolve(root, 'src/engine/index.ts') },
      ],
    },
    worker: { format: 'es' },
    build: { rollupOptions: { external: [/^node:/, 'onnxruntime-node'] } },
  },
  markdown: {
    anchor: { slugify: githubSlug },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    languageAlias: { wat: 'lisp' },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Lake', link: '/lab' },
      { text: 'Flow', link: '/flow-lab' },
      { text: 'Docs', link: '/policies' },
      { text: 'API', link: '/api/index.html', target: '_self' },
    ],
    sidebar: [
      {
        text: 'Policies',
        items: [
          { text: 'Policies', link: '/policies' },
          { text: 'Agents', link: '/agents' },
          { text: 'Environments', link: '/environments' },
          { text: 'Your own environment', link: '/own-environment' },
          { text: 'Gymnasium', link: '/gymnasium' },
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
          { text: 'Queue', link: '/queue' },
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
    ],
  },
});
