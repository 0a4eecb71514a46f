import { spawnSync } from 'node:child_process';
import { preview } from 'vite';

const BASE = '/oxbow/';

/** The site, built and served below a path of its own; a page that is not there is 404. @throws what the build has to say if it fails */
export async function serveSite(): Promise<{ readonly address: string; close(): Promise<void> }> {
  const { status, stderr } = process.env.SITE_BUILT
    ? { status: 0, stderr: '' }
    : spawnSync('npm', ['run', '--silent', process.env.PACKAGE_BUILT ? 'site:pages' : 'site:build'], {
        env: { ...process.env, SITE_BASE: BASE },
        encoding: 'utf8',
      });
  if (status !== 0) throw new Error(stderr);
  // Others of this process, as the projects of one vitest, serve the same.
  process.env.SITE_BUILT = '1';
  const server = await preview({
    root: 'web',
    configFile: false,
    logLevel: 'error',
    appType: 'mpa',
    base: BASE,
    build: { outDir: 'dist' },
    preview: {
      port: 0,
      host: '127.0.0.1',
      // What a page needs to be told how much memory it takes.
      headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
    },
  });
  return { address: server.resolvedUrls!.local[0]!.replace(/\/$/, ''), close: () => server.close() };
}
