import type { MarkdownRenderer } from 'vitepress';
import { copiedFolders } from './copiedFolders.ts';
import { rootPages } from './rootPages.ts';

const ROOT_PAGE = new RegExp(
  `^(?:\\.\\./)?((?:\\.\\./)*)(${Object.keys(rootPages).join('|').replaceAll('.', '\\.')})(?=#|$)`,
);

/** Makes the links and pictures of the repository's Markdown lead to where the site has them: folders apart, root pages renamed. */
export function siteLinks(md: MarkdownRenderer): void {
  md.core.ruler.before('normalize', 'pictures', (state) => {
    // As two pictures, of which the theme shows one: a reader may choose the dark on a machine that is light.
    state.src = state.src.replace(
      /<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="(.*?)">\s*<img (.*?)src="(.*?)"(.*?)>\s*<\/picture>/gs,
      '<img class="dark-only" loading="lazy" $2src="./$1"$4><img class="light-only" loading="lazy" $2src="./$3"$4>',
    );
  });
  md.core.ruler.push('links', ({ tokens }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token
        .attrGet('href')
        ?.replace(/^(\.\.\/)?(docs|web)\//, '')
        .replace(ROOT_PAGE, (_, up: string, page: string) => up + rootPages[page]);
      if (href === undefined) continue;
      token.attrSet('href', href);
      // A run's report is no page of VitePress, which would look for it among its own.
      if (copiedFolders.have(href.replace(/^\.\.\//, ''))) token.attrSet('target', '_self');
    }
  });
}
