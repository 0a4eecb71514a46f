/** A page with the row of a command in its table of fingerprints: in place of the one that is there, or behind the last. */
export function withFingerprint(
  page: string,
  { command, fingerprint }: { readonly command: string; readonly fingerprint: string },
): string {
  const [table] = /^\| command \| fingerprint \|\n(?:\|.*\|\n)+/m.exec(page) ?? [];
  if (table === undefined) throw new Error('no table of commands and fingerprints in the page');
  const row = `| \`${command}\` | \`${fingerprint}\` |`;
  const rows = table.trimEnd().split('\n');
  const others = rows.filter((each) => !each.startsWith(`| \`${command}\` |`));
  const place = rows.findIndex((each) => !others.includes(each));
  const renewed = others.toSpliced(place === -1 ? rows.length : place, 0, row);
  return page.replace(table, () => `${renewed.join('\n')}\n`);
}
