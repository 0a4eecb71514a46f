import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..');
export const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Without the settings of the npm and the vitest that have started this. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_(config_onnx|lifecycle|package)|NODE_ENV|VITEST)/i.test(name)),
);

export function run(
  directory: string,
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): string {
  const options = { cwd: directory, env: { ...environment, ...env }, encoding: 'utf8', stdio: 'pipe' } as const;
  return execFileSync(command, args, options);
}

/** The path, of what a package of Debian brings. @throws one line that names the package, where it is not */
export function installed(path: string, debian: string): string {
  if (!existsSync(path)) throw new Error(`${path} is missing: apt-get install ${debian}`);
  return path;
}

/** The TypeScript blocks of a page. */
export function blocks(page: string): string[] {
  return [...readFileSync(join(root, page), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1]!);
}

/** A folder of its own, which goes when it is disposed. */
export function temporaryFolder(name: string): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), `oxbow-${name}-`));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Whether the package is built already, as `.ci/run` does once for all checks; else each that needs it builds it. */
export const isBuilt = Boolean(process.env.PACKAGE_BUILT);

/** Packs the package into a folder: the file's path. */
export function pack(folder: string): string {
  // npm builds it before it packs it.
  const asItIs = isBuilt ? ['--ignore-scripts'] : [];
  run(root, 'npm', ['pack', '--silent', ...asItIs, '--pack-destination', folder]);
  return join(folder, `oxbow-${packageJson.version}.tgz`);
}

/** An empty project with these files. */
export function writeProject(folder: string, files: Readonly<Record<string, string>>): void {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}
