import { expect, test } from 'vitest';
import { shareTags } from '../../web/.vitepress/html.ts';

const page = {
  title: 'The lab | oxbow',
  description: 'Train two policies.',
  path: 'lab.html',
  image: { path: 'preview.png', alt: 'walks', width: 1200, height: 630 },
};
const contentOf = (tags: ReturnType<typeof shareTags>, name: string) =>
  tags.find(([, { property, name: called }]) => (property ?? called) === name)?.[1].content;

test('where the address of the site is known, all addresses are whole ones, and the page has its own', () => {
  const tags = shareTags({ ...page, site: new URL('https://example.org/oxbow/'), base: '/oxbow/' });
  expect(contentOf(tags, 'og:title')).toBe('The lab | oxbow');
  expect(contentOf(tags, 'og:description')).toBe('Train two policies.');
  expect(contentOf(tags, 'og:image')).toBe('https://example.org/oxbow/preview.png');
  expect(contentOf(tags, 'og:image:height')).toBe('630');
  expect(contentOf(tags, 'og:url')).toBe('https://example.org/oxbow/lab.html');
  expect(contentOf(tags, 'twitter:card')).toBe('summary_large_image');
  expect(tags).toContainEqual(['link', { rel: 'canonical', href: 'https://example.org/oxbow/lab.html' }]);
});

test('where it is not, the image has its path and no address is invented', () => {
  const tags = shareTags({ ...page, site: undefined, base: '/oxbow/' });
  expect(contentOf(tags, 'og:image')).toBe('/oxbow/preview.png');
  expect(contentOf(tags, 'og:url')).toBeUndefined();
  expect(tags.filter(([name]) => name === 'link')).toEqual([]);
});

test('the start page is the address itself', () => {
  const tags = shareTags({ ...page, path: '', site: new URL('https://example.org/oxbow/'), base: '/oxbow/' });
  expect(contentOf(tags, 'og:url')).toBe('https://example.org/oxbow/');
});
