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
