import type { Registry } from './experiment/experiment.ts';
import { EXIT, isDescriptorError, RAISE } from './run/environment.ts';
import { dieWithParent, exitOnSignals } from './run/signals.ts';

/** The command proper, in the process that `supervise` starts, by `node command.js <its parent's id> <the registry's address> <arguments…>`. */
const [parent, registryUrl, ...argv] = process.argv.slice(2);
exitOnSignals();
dieWithParent(Number(parent));
try {
  // Imported only now: a signal that comes while all of it is read finds its listener.
  const [{ main }, { registry }] = await Promise.all([
    import('./commands/main.ts'),
    import(registryUrl!) as Promise<{ readonly registry: Registry }>,
  ]);
  process.exitCode = await main(argv, registry);
} catch (error) {
  if (!isDescriptorError(error)) throw error;
  process.stderr.write(`oxbow: ${(error as Error).message}; ${RAISE}\n`);
  process.exitCode = EXIT.failed;
}
