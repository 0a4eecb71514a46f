import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { withContentSecurityPolicy } from '../../web/.vitepress/html.ts';

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const policyOf = (html: string) => /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(html)?.[1];

test('of the scripts that stand in a page those run that are there now, and no others', () => {
  const html = `<!DOCTYPE html><html><head><meta charset="utf-8"/><script>one()</script><script src="/app.js"></script>
<script type="module" async>two()</script></head><body><script type="application/json">{"a": "<!--"}</script></body></html>`;
  const done = withContentSecurityPolicy(html);
  expect(done.replace(/<meta http-equiv[^>]*>/, '')).toBe(html);
  expect(done).toMatch(
    /^<!DOCTYPE html><html><head><meta charset="utf-8"\/><meta http-equiv="Content-Security-Policy"/,
  );
  expect(policyOf(done)).toContain(
    `script-src 'self' 'wasm-unsafe-eval' ${hashOf('one()')} ${hashOf('two()')}; worker-src 'self'; `,
  );
  expect(policyOf(done)).toMatch(/^default-src 'none'; .*base-uri 'none'; form-action 'none'$/);
});

test('a page with a policy of its own keeps it', () => {
  const html = `<head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'"></head>`;
  expect(withContentSecurityPolicy(html)).toBe(html);
});

test.each([
  '<head><title>One</title></head>',
  '<head><script>one()</script><meta charset="utf-8"></head>',
  '<head><link rel="stylesheet" href="a.css"><meta charset="utf-8"></head>',
])('a policy stands before what loads: %s', (html) => {
  expect(() => withContentSecurityPolicy(html)).toThrow('no <meta charset> at the start of its head');
});
