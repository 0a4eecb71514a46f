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
