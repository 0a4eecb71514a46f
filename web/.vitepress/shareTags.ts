import type { HeadConfig } from 'vitepress';

/** What is shown of a page where somebody shares its address. */
export interface SharedPage {
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
