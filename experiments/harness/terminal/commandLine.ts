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

/**
 * Arguments of a run with these seeds that give it so many, the ones that it has among them: counted as they were, or listed as they were.
 */
export function withMoreSeeds(argv: readonly string[], seeds: readonly number[], count: number): string[] {
  const isList = argv.some(
    (argument, i) => /^--seeds=.*,/.test(argument) || (argv[i - 1] === '--seeds' && /,/.test(argument)),
  );
  const next = Math.max(...seeds) + 1;
  const more = Array.from({ length: Math.max(0, count - seeds.length) }, (_, i) => next + i);
  return withOption(argv, '--seeds', isList ? [...seeds, ...more].join(',') : String(count));
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
