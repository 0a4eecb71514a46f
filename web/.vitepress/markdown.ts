import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { imageSize } from 'image-size';
import type { MarkdownRenderer } from 'vitepress';
import { copiedFolders } from './copiedFolders.ts';

/** The pages in the root of the repository and of its examples, and what they are on the site. */
export const rootPages: Readonly<Record<string, string>> = {
  'README.md': 'start.md',
  'CONTRIBUTING.md': 'contributing.md',
  'CHANGELOG.md': 'changelog.md',
  'SECURITY.md': 'reporting.md',
  'examples/README.md': 'examples.md',
};

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

/** The programs that `examples/README.md` links to: the site shows them below it, each under its path as heading. */
export function examplePrograms(md: MarkdownRenderer): void {
  md.core.ruler.before('normalize', 'example-programs', (state) => {
    const page: string = state.env.realPath ?? state.env.path ?? '';
    if (!page.endsWith('examples/README.md')) return;
    const programs = [...state.src.matchAll(/\]\(((?:\w+\/)*\w+\.(?:ts|html))\)/g)].map(([, path]) => path!);
    const sections = programs.map((path) => {
      const text = readFileSync(join(dirname(page), path), 'utf8').trimEnd();
      return `## ${path}\n\n\`\`\`${extname(path).slice(1)}\n${text}\n\`\`\`\n`;
    });
    state.src = `${state.src.replace(/\]\(((?:\w+\/)*\w+\.(?:ts|html))\)/g, (_, path) => `](../examples/${path})`)}\n${sections.join('\n')}`;
  });
}

const PLACE = '<!-- the lines of README.md that train -->';

/** Puts the lines of the README that train where a page asks for them. @throws if it has none */
export function readmeLines(readme: string) {
  return (md: MarkdownRenderer): void => {
    md.core.ruler.before('normalize', 'readme-lines', (state) => {
      if (!state.src.includes(PLACE)) return;
      try {
        state.src = state.src.replace(PLACE, () => `\`\`\`ts\n${trainingLines(readFileSync(readme, 'utf8'))}\n\`\`\``);
      } catch (error) {
        throw new Error(`${readme}: ${(error as Error).message}`, { cause: error });
      }
    });
  };
}

/**
 * The lines of a page that train: of its first TypeScript block that calls `train`, the paragraph with that call and the imports
 * that the paragraph uses.
 * @throws if there is no such block
 */
export function trainingLines(page: string): string {
  const block = [...page.matchAll(/^```ts\n(.*?)^```/gms)]
    .map(([, code]) => code!)
    .find((code) => /\btrain\(/.test(code));
  const paragraph = block?.split(/\n\s*\n/).find((text) => /\btrain\(/.test(text));
  if (block === undefined || paragraph === undefined)
    throw new Error('expected a ```ts block that calls train(, got none');
  const isImport = (line: string) => line.startsWith('import ');
  const body = paragraph.split('\n').filter((line) => line.trim() !== '' && !isImport(line));
  const uses = (line: string) =>
    [...line.slice('import'.length, line.indexOf(' from ')).matchAll(/\w+/g)].some(([name]) =>
      body.some((used) => new RegExp(`\\b${name}\\b`).test(used)),
    );
  return [...block.split('\n').filter((line) => isImport(line) && uses(line)), ...body].join('\n');
}

/** The decisions in the order of their index, under their own headings. */
export function decisionPages(folder: string): { text: string; link: string }[] {
  const index = readFileSync(join(folder, 'index.md'), 'utf8');
  return [...index.matchAll(/^- \[.*?\]\(([\w-]+)\.md\)/gm)].map(([, name]) => ({
    text: /^# (.*)$/m.exec(readFileSync(join(folder, `${name}.md`), 'utf8'))![1]!,
    link: `/decisions/${name}`,
  }));
}

/** The anchor of a heading as GitHub makes it, so that links lead there from both. */
export function githubSlug(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replace(/ /g, '-');
}

/** Width and height of a picture in a file (PNG, JPEG, SVG …), pixels. @throws one line if there is none */
export function pictureSize(path: string): { readonly width: number; readonly height: number } {
  if (!existsSync(path)) throw new Error(`${path}: expected a picture, got no file`);
  try {
    // In memory of its own: Node reads small files into a pool, and of one that ends within its head what lies behind it would be read.
    const { width, height } = imageSize(new Uint8Array(readFileSync(path)));
    if (width > 0 && height > 0) return { width, height };
  } catch {}
  throw new Error(`${path}: expected a picture, got something else`);
}
