import { dirname, resolve } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';
import { copiedFolders } from './copiedFolders.ts';
import { pictureSize } from './pictureSize.ts';
import { rootPages } from './rootPages.ts';

const ROOT_PAGE = new RegExp(
  `^(?:\\.\\./)?((?:\\.\\./)*)(${Object.keys(rootPages).join('|').replaceAll('.', '\\.')})(?=#|$)`,
);

/** The attributes that keep a picture's place until it is loaded, but for the width that it is given. */
function placeOf(path: string, attributes: string): string {
  const { width, height } = pictureSize(path);
  const given = /\bwidth="(\d+)"/.exec(attributes)?.[1];
  if (given === undefined) return ` width="${width}" height="${height}"`;
  return ` height="${Math.round((Number(given) * height) / width)}"`;
}

/** Makes the links and pictures of the repository's Markdown lead to where the site has them: folders apart, root pages renamed. */
export function siteLinks(md: MarkdownRenderer): void {
  md.core.ruler.before('normalize', 'pictures', (state) => {
    // As two pictures, of which the theme shows one: a reader may choose the dark on a machine that is light.
    state.src = state.src.replace(
      /<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="(.*?)">\s*<img (.*?)src="(.*?)"(.*?)>\s*<\/picture>/gs,
      (_, dark: string, before: string, light: string, after: string) => {
        const folder = dirname(state.env.realPath ?? state.env.path);
        const picture = (theme: string, file: string) => {
          const place = placeOf(resolve(folder, file), before + after);
          return `<img class="${theme}-only" loading="lazy" ${before}src="./${file}"${after}${place}>`;
        };
        return picture('dark', dark) + picture('light', light);
      },
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
