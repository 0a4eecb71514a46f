/** What starts the command here: in a clone of the repository, whose sources run as they are, npm does. */
export const PROGRAM = import.meta.url.endsWith('.ts') ? 'npm run oxbow --' : 'oxbow';

/** A command with its arguments as it can be pasted into a shell: `oxbow run lake --set 'a=b c'`. */
export function commandLine(...argv: readonly string[]): string {
  return [PROGRAM, ...argv.map(quoted)].join(' ');
}

/** Arguments with an option set to another value, and without the option as it stood there. */
export function withOption(argv: readonly string[], option: string, value: string): string[] {
  const isOther = (argument: string, i: number) =>
    argument !== option && argv[i - 1] !== option && !argument.startsWith(`${option}=`);
  return [...argv.filter(isOther), option, value];
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
