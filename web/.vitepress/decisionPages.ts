import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The decisions in the order of their index, under their own headings. */
export function decisionPages(folder: string): { text: string; link: string }[] {
  const index = readFileSync(join(folder, 'index.md'), 'utf8');
  return [...index.matchAll(/^- \[.*?\]\(([\w-]+)\.md\)/gm)].map(([, name]) => ({
    text: /^# (.*)$/m.exec(readFileSync(join(folder, `${name}.md`), 'utf8'))![1]!,
    link: `/decisions/${name}`,
  }));
}
