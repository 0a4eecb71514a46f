/** What starts the command here: in a clone of the repository, whose sources run as they are, npm does. */
export const PROGRAM = import.meta.url.endsWith('.ts') ? 'npm run oxbow --' : 'oxbow';

/** A command with its arguments as it can be pasted into a shell: `oxbow run lake --set 'a=b c'`. */
export function commandLine(...argv: readonly string[]): string {
  const loader = PROGRAM === 'oxbow' ? loaderOf(argv) : '';
  return `${loader}${[PROGRAM, ...argv.map(quoted)].join(' ')}`;
}

/** What stands before a command that loads a module of TypeScript, where Node cannot read it by itself; else nothing. */
export function loaderOf(argv: readonly string[]): string {
  const isTypeScript = argv.some(
    (argument, i) => /\.[cm]?tsx?$/.test(argument) && (argv[i - 1] === '--load' || argument.startsWith('--load=')),
  );
  const { typescript } = process.features as { readonly typescript?: unknown };
  return isTypeScript && !typescript ? "NODE_OPTIONS='--import tsx' " : '';
}

/** Arguments with an option set to another value, and without the option as it stood there. */
export function withOption(argv: readonly string[], option: string, value: string): string[] {
  const isOther = (argument: string, i: number) =>
    argument !== option && argv[i - 1] !== option && !argument.startsWith(`${option}=`);
  return [...argv.filter(isOther), option, value];
}

/**
 * Arguments of a run with these seeds that give it so many, the ones that it has among them: counted as they were, or listed as they were.
 * What `--set` says of seeds, which would win over them, gives way.
 */
export function withMoreSeeds(argv: readonly string[], seeds: readonly number[], count: number): string[] {
  const isList = argv.some(
    (argument, i) => /^--seeds=.*,/.test(argument) || (argv[i - 1] === '--seeds' && /,/.test(argument)),
  );
  const others = withoutSetSeeds(argv);
  // Settings may say where seeds begin, or list them.
  const isElsewhere = others.length < argv.length || hasOption(argv, '--config');
  const [first] = seeds as [number];
  const isRow = seeds.every((seed, i) => seed === first + i);
  if (isList || (isElsewhere && !isRow)) {
    const next = Math.max(...seeds) + 1;
    const more = Array.from({ length: Math.max(0, count - seeds.length) }, (_, i) => next + i);
    return withOption(others, '--seeds', [...seeds, ...more].join(','));
  }
  const counted = withOption(others, '--seeds', String(count));
  return isElsewhere ? withOption(counted, '--seed', String(first)) : counted;
}

function hasOption(argv: readonly string[], option: string): boolean {
  return argv.some((argument) => argument === option || argument.startsWith(`${option}=`));
}

/** Without `--set seeds=…` and `--set seed=…`. */
function withoutSetSeeds(argv: readonly string[]): string[] {
  const isOfSeeds = (argument: string | undefined) => /^seeds?=/.test(argument ?? '');
  return argv.filter(
    (argument, i) =>
      !/^--set=seeds?=/.test(argument) &&
      !(argument === '--set' && isOfSeeds(argv[i + 1])) &&
      !(argv[i - 1] === '--set' && isOfSeeds(argument)),
  );
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
