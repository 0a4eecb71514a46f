/** A file of a tarball. */
export interface PackedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** What goes along beside the compiled sources. */
const BESIDE = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'];

/** Bytes of the whole package, unpacked: somewhat more than it has, so that what does not belong there is seen. */
export const MAX_SIZE = 6_000_000;

/**
 * Where a tarball is not what the sources make: of each TypeScript file a module and its declarations, of any other file a copy; pages
 * and examples as they are.
 * @param sources the files of the published folders, as git lists them
 */
export function contentProblems(packed: readonly PackedFile[], sources: readonly string[]): string[] {
  const expected = new Set([...BESIDE, ...sources.flatMap(published)]);
  const got = new Set(packed.map(({ path }) => path));
  const missing = [...expected].filter((path) => !got.has(path)).map((path) => `the tarball lacks ${path}`);
  const extra = [...got]
    .filter((path) => !expected.has(path))
    .map((path) => `the tarball has ${path}, made of no source`);
  const empty = packed.filter(({ size }) => size === 0).map(({ path }) => `the tarball's ${path} is empty`);
  return [...missing, ...extra, ...empty];
}

/** Whether the package is larger than {@link MAX_SIZE}. */
export function sizeProblems(packed: readonly PackedFile[]): string[] {
  const size = packed.reduce((sum, file) => sum + file.size, 0);
  return size <= MAX_SIZE ? [] : [`the package has ${size} bytes unpacked, expected at most ${MAX_SIZE}`];
}

function published(source: string): string[] {
  if (/^(docs|examples)\//.test(source)) return [source];
  const path = `dist/${source}`;
  return path.endsWith('.ts') ? [path.replace(/ts$/, 'js'), path.replace(/ts$/, 'd.ts')] : [path];
}
