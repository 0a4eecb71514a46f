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
