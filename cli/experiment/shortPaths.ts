import { resolve, sep } from 'node:path';

/** Paths by their ends, as short as tells them apart: `products` of one alone, `a/products` and `b/products` of two. */
export function shortPaths(paths: readonly string[]): string[] {
  const parts = paths.map((path) => resolve(path).split(sep));
  const end = (own: readonly string[], count: number) => own.slice(-count).join('/');
  return parts.map((own) => {
    const isShared = (count: number) =>
      parts.some((other) => other !== own && end(other, count) === end(own, count) && count < own.length);
    let count = 1;
    while (isShared(count)) count++;
    return end(own, count);
  });
}
