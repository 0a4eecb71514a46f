import { dirname, resolve } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';
import { copiedFolders } from './copiedFolders.ts';
import { githubSlug } from './githubSlug.ts';
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

/** An example, which the site shows on a page of all of them: `../examples/ownRobot.ts`. */
const EXAMPLE = /^((?:\.\.\/)*)examples\/(\w[\w./]*\.(?:ts|html))$/;
/** `oxbow list agents ppo` in backticks leads to this section of the page of options, which only the site has. */
const LISTED: Readonly<Record<string, string>> = { agents: 'agents', policies: 'policies', envs: 'environments' };

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
  md.core.ruler.push('options', ({ tokens, Token }) => {
    for (const inline of tokens) {
      let depth = 0;
      inline.children &&= inline.children.flatMap((token) => {
        depth += { link_open: 1, link_close: -1 }[token.type] ?? 0;
        const [, kind = ''] = /^oxbow list (\w+)/.exec(token.content) ?? [];
        const section = LISTED[kind];
        if (token.type !== 'code_inline' || depth > 0 || section === undefined) return token;
        const open = new Token('link_open', 'a', 1);
        open.attrSet('href', `/options.md#${section}`);
        return [open, token, new Token('link_close', 'a', -1)];
      });
    }
  });
  md.core.ruler.push('links', ({ tokens }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token
        .attrGet('href')
        ?.replace(/^(\.\.\/)?(docs|web)\//, '')
        .replace(EXAMPLE, (_, up: string, path: string) => `${up.replace('../', '')}examples.md#${githubSlug(path)}`)
        .replace(ROOT_PAGE, (_, up: string, page: string) => up + rootPages[page]);
      if (href === undefined) continue;
      token.attrSet('href', href);
      // A run's report is no page of VitePress, which would look for it among its own.
      if (copiedFolders.have(href.replace(/^\.\.\//, ''))) token.attrSet('target', '_self');
    }
  });
}
