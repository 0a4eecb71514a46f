import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
/** options.md is written by a command; pages of decisions and results may take their time. */
const PAGES = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md') && name !== 'options.md')
    .map((name) => `docs/${name}`),
];
/** A sentence of more words needs two readings. */
const MOST_WORDS = 35;

/** What is read in one go: paragraphs, points of a list, cells of a table. */
function passages(text: string): string[] {
  const prose = text
    .replace(/^ *```.*?^ *```$/gms, '')
    .replace(/<[^>]*>/g, '')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/`[^`]*`/g, 'code');
  return prose
    .split('\n')
    .flatMap((line) => (line.startsWith('|') ? line.split('|').flatMap((cell) => ['', cell]) : line))
    .map((line) => (/^ *(?:#|[-*] |\d+\. |$)/.test(line) ? `\n\n${line.trim()}` : line.trim()))
    .join('\n')
    .split(/\n{2,}/);
}

/** The sentences of a passage: what ends in a stop, a colon or a semicolon before something that can begin one. */
const sentences = (passage: string): string[] => passage.split(/(?<=[.!?:;])[”’)*_]*\s+(?=["“*_(A-Z0-9]|code)/);

test.each(PAGES)(`%s has no sentence of more than ${MOST_WORDS} words`, (page) => {
  const all = passages(readFileSync(join(root, page), 'utf8')).flatMap(sentences);
  expect(all.length).toBeGreaterThan(15);
  const long = all.filter((sentence) => sentence.split(/\s+/).filter((word) => /\w/.test(word)).length > MOST_WORDS);
  expect(long).toEqual([]);
});
