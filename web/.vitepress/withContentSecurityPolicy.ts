import { createHash } from 'node:crypto';

/** A `<script>` that stands in the page and is run: without a source, of no type but a script's. */
const INLINE_SCRIPT =
  /<script(?![^>]*\bsrc=)(?![^>]*\btype="(?!module"|text\/javascript")[^"]*")[^>]*>([\s\S]*?)<\/script>/g;

/**
 * A page of the site with a content security policy: it loads from the site alone, and of the scripts that stand in it, it runs those
 * that are there now. A page that has a policy keeps it.
 * @throws if the page has no place for one
 */
export function withContentSecurityPolicy(html: string): string {
  if (html.includes('http-equiv="Content-Security-Policy"')) return html;
  const scripts = [...html.matchAll(INLINE_SCRIPT)].map(([, text]) => text!);
  const hashes = scripts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  const policy = [
    "default-src 'none'",
    // The lab compiles WebAssembly that it has written itself.
    ["script-src 'self' 'wasm-unsafe-eval'", ...new Set(hashes)].join(' '),
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ];
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy.join('; ')}">`;
  // Before all else that could load something.
  const parts = /^([\s\S]*?<meta charset="[^"]*"\s*\/?>)([\s\S]*)$/i.exec(html);
  if (parts === null || /<(script|link|style)\b/i.test(parts[1]!))
    throw new Error('no <meta charset> at the start of its head');
  return `${parts[1]}${meta}${parts[2]}`;
}
