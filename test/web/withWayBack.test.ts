import { expect, test } from 'vitest';
import { withWayBack } from '../../web/.vitepress/html.ts';

test('the header leads to the site, and then to the first page of the reference', () => {
  const page =
    '<div class="tsd-toolbar-contents container"><a href="../index.html" class="title">oxbow</a>\n<button></button></div>';
  const links = [...withWayBack(page, '../../index.html').matchAll(/<a href="([^"]*)"[^>]*>([^<]*)</g)];
  expect(links.map(([, href, text]) => [href, text])).toEqual([
    ['../../index.html', '← oxbow'],
    ['../index.html', 'API reference'],
  ]);
});

test('a page of another generator is refused', () => {
  expect(() => withWayBack('<header><a href="index.html">oxbow</a></header>', '../index.html')).toThrow(
    'expected the header of a page of TypeDoc, got none',
  );
});
