import type { Registry } from './experiment/experiment.ts';
import { EXIT, isDescriptorError, RAISE } from './run/environment.ts';
import { exitOnSignals } from './run/signals.ts';

/** The command proper, in the process that `supervise` starts, by `node command.js <the registry's address> <arguments…>`. */
const [registryUrl, ...argv] = process.argv.slice(2);
exitOnSignals();
// Without its parent nobody would stop it. Workers end with it in the same way.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.channel?.unref();
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
