import { expect, test } from 'vitest';
import { siteAddress } from '../../web/.vitepress/html.ts';

test.each([
  [{}, undefined, '/'],
  [{ SITE_BASE: '/oxbow/' }, undefined, '/oxbow/'],
  [{ SITE_URL: 'https://example.org' }, 'https://example.org/', '/'],
  [{ SITE_URL: 'https://example.org/oxbow' }, 'https://example.org/oxbow/', '/oxbow/'],
  [{ SITE_URL: 'https://example.org/oxbow/', SITE_BASE: '/oxbow/' }, 'https://example.org/oxbow/', '/oxbow/'],
])('%j', (env, site, base) => {
  expect(siteAddress(env)).toEqual({ site: site === undefined ? undefined : new URL(site), base });
});

test.each([
  [{ SITE_URL: 'example.org' }, 'SITE_URL: expected an address like https://example.org/oxbow/, got example.org'],
  [{ SITE_URL: 'ftp://example.org/' }, 'SITE_URL: expected an address'],
  [{ SITE_BASE: 'oxbow' }, 'SITE_BASE: expected a path like /oxbow/, got oxbow'],
  [{ SITE_URL: 'https://example.org/a/', SITE_BASE: '/b/' }, 'SITE_BASE: expected /a/, the path of SITE_URL, got /b/'],
])('what is none, or does not go together, is refused: %j', (env, message) => {
  expect(() => siteAddress(env)).toThrow(message);
});
