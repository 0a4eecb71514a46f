import { readFileSync } from 'node:fs';
import type { MarkdownRenderer } from 'vitepress';
import { trainingLines } from './trainingLines.ts';

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
