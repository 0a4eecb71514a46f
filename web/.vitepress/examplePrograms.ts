import { readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';

/** The programs that `examples/README.md` links to: the site shows them below it, each under its path as heading. */
export function examplePrograms(md: MarkdownRenderer): void {
  md.core.ruler.before('normalize', 'example-programs', (state) => {
    const page: string = state.env.realPath ?? state.env.path ?? '';
    if (!page.endsWith('examples/README.md')) return;
    const programs = [...state.src.matchAll(/\]\(((?:browser\/)?\w+\.(?:ts|html))\)/g)].map(([, path]) => path!);
    const sections = programs.map((path) => {
      const text = readFileSync(join(dirname(page), path), 'utf8').trimEnd();
      return `## ${path}\n\n\`\`\`${extname(path).slice(1)}\n${text}\n\`\`\`\n`;
    });
    state.src = `${state.src.replace(/\]\(((?:browser\/)?\w+\.(?:ts|html))\)/g, (_, path) => `](../examples/${path})`)}\n${sections.join('\n')}`;
  });
}
