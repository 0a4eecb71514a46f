import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

/**
 * The first line of the head of a page that is one file: it loads nothing from anywhere, and runs none but these scripts, which
 * stand in it word for word, and those of these hashes. What somebody's text might bring into the page stays text.
 * @param known SHA-256 of more scripts, in base64
 */
export function contentSecurityPolicy(scripts: readonly string[] = [], known: readonly string[] = []): string {
  const standing = scripts.map((script) => btoa(String.fromCharCode(...sha256(utf8ToBytes(script)))));
  const hashes = [...standing, ...known].map((hash) => ` 'sha256-${hash}'`);
  const policy = [
    "default-src 'none'",
    ...(hashes.length > 0 ? [`script-src${hashes.join('')}`] : []),
    // Drawings have styles of their own on every line.
    "style-src 'unsafe-inline'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<meta http-equiv="Content-Security-Policy" content="${policy.join('; ')}">`;
}
