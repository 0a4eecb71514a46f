/** What is cited: a run, or oxbow alone. */
export interface Cited {
  readonly version: string;
  /** `2026-11-26`; undefined where the run does not say when it was made. */
  readonly date?: string | undefined;
  /** The command that makes the run again. */
  readonly command?: string | undefined;
  readonly fingerprint?: string | undefined;
}

const AUTHOR = 'oxbow contributors';
const TITLE = 'oxbow: reinforcement learning with flow policies';

/** How to cite oxbow and a run of it, in a sentence. */
export function citation({ version, date, fingerprint }: Cited): string {
  const year = date === undefined ? '' : ` (${date.slice(0, 4)})`;
  const run = fingerprint === undefined ? '' : `, run ${fingerprint.slice(0, 12)}`;
  return `${AUTHOR}${year}. ${TITLE}, version ${version}${run}.`;
}

/** The same as an entry of BibTeX. */
export function bibtex({ version, date, command, fingerprint }: Cited): string {
  const note = [command, fingerprint && `fingerprint ${fingerprint}`].filter(Boolean).join('; ');
  const fields = [
    ['author', `{${AUTHOR}}`],
    ['title', `{${TITLE}}`],
    ['version', version],
    ...(date === undefined ? [] : [['year', date.slice(0, 4)]]),
    ...(note === '' ? [] : [['note', escapeTex(note)]]),
  ];
  return `@software{oxbow,\n${fields.map(([name, value]) => `  ${name} = {${value}}`).join(',\n')}\n}`;
}

/** Text as TeX sets it: a command's quotes and braces too. */
function escapeTex(text: string): string {
  return text.replace(/[\\{}_%#&$~^]/g, (sign) =>
    sign === '\\' ? '\\textbackslash{}' : '~^'.includes(sign) ? `\\${sign}{}` : `\\${sign}`,
  );
}
