import { createHash } from 'node:crypto';
import type { HeadConfig } from 'vitepress';

/** What is shown of a page where somebody shares its address. */
interface SharedPage {
  readonly title: string;
  readonly description: string;
  /** Its file below the site's first address: `lake.html`, '' for the start page. */
  readonly path: string;
  /** The site's first address, by which absolute ones are made: `https://example.org/oxbow/`. Of most readers of these tags only absolute ones are followed. */
  readonly site: URL | undefined;
  /** The path of that address. */
  readonly base: string;
  readonly image: { readonly path: string; readonly alt: string; readonly width: number; readonly height: number };
}

/** The tags of Open Graph and of X for a page, and its canonical address where the site's is known. */
export function shareTags({ title, description, path, site, base, image }: SharedPage): HeadConfig[] {
  const address = (file: string) => (site === undefined ? `${base}${file}` : new URL(file, site).href);
  const properties = {
    'og:type': 'website',
    'og:site_name': 'oxbow',
    'og:title': title,
    'og:description': description,
    ...(site !== undefined && { 'og:url': address(path) }),
    'og:image': address(image.path),
    'og:image:type': 'image/png',
    'og:image:width': String(image.width),
    'og:image:height': String(image.height),
    'og:image:alt': image.alt,
  };
  return [
    ...Object.entries(properties).map(([property, content]): HeadConfig => ['meta', { property, content }]),
    ['meta', { name: 'twitter:card', content: 'summary_large_image' }],
    ...(site === undefined ? [] : [['link', { rel: 'canonical', href: address(path) }] as HeadConfig]),
  ];
}

/**
 * Where the site will be, by `SITE_URL`, its whole address, or by `SITE_BASE`, the path of it alone.
 * @throws one line if they are no address and no path, or do not go together
 */
export function siteAddress({ SITE_URL, SITE_BASE }: Readonly<Record<string, string | undefined>>): {
  readonly site: URL | undefined;
  readonly base: string;
} {
  if (SITE_URL !== undefined && !(/^https?:/.test(SITE_URL) && URL.canParse(SITE_URL)))
    throw new Error(`SITE_URL: expected an address like https://example.org/oxbow/, got ${SITE_URL}`);
  const site = SITE_URL === undefined ? undefined : new URL(SITE_URL.replace(/\/*$/, '/'));
  const base = SITE_BASE ?? site?.pathname ?? '/';
  if (!/^\/(.*\/)?$/.test(base)) throw new Error(`SITE_BASE: expected a path like /oxbow/, got ${base}`);
  if (site !== undefined && site.pathname !== base)
    throw new Error(`SITE_BASE: expected ${site.pathname}, the path of SITE_URL, got ${base}`);
  return { site, base };
}

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
    // The playground's, whose own policy is that of the programs in it.
    "frame-src 'self'",
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

/** The title of the reference in TypeDoc's header. */
const TITLE = /(<div class="tsd-toolbar-contents container">)<a href="([^"]*)" class="title">[^<]*<\/a>/;

/**
 * A page of the API reference whose header leads to the site, and then to the first page of the reference.
 * @param site the start page, as the page links to it
 * @throws if the page has no header of TypeDoc's
 */
export function withWayBack(html: string, site: string): string {
  if (!TITLE.test(html)) throw new Error('expected the header of a page of TypeDoc, got none');
  return html.replace(
    TITLE,
    (_, header: string, reference: string) =>
      `${header}<a href="${site}" class="site" style="margin-right: 1rem; font-weight: bold">← oxbow</a>` +
      `<a href="${reference}" class="title">API reference</a>`,
  );
}
