import { Command } from 'commander';
import type { Registry } from '../experiment/registry.ts';
import { EXIT } from '../run/exit.ts';
import { interruptible } from '../run/interrupt.ts';
import { allowCode, type CodeFlags, withCodeOptions, withEnvOption } from './codeOptions.ts';
import { THREADS, threadCount, workerCount } from './run.ts';

/** `oxbow worker <redis>`: does jobs of runs that were started with `--queue`. `end` takes the exit code. */
export function workerCommand(registry: Registry, end: (code: number) => void): Command {
  return withEnvOption(withCodeOptions(new Command('worker')))
    .description('do jobs of runs that were started with --queue, here or on other machines, until it is stopped')
    .argument('<redis>', 'the address of a Redis: redis://host:6379')
    .option('--workers <n>', 'jobs at a time (default: the number of cores, divided by --threads)')
    .option('--threads <n>', THREADS)
    .action(async (url: string, flags: CodeFlags & { workers?: string; threads?: string }) => {
      const workers = workerCount(flags.workers, threadCount(flags.threads));
      const allowed = await allowCode(flags);
      const [{ Seal }, { serveQueue }] = await Promise.all([
        import('../run/queue/seal.ts'),
        import('../run/queue/serveQueue.ts'),
      ]);
      const seal = Seal.fromEnvironment();
      const { stdout } = process;
      await interruptible((signal) => serveQueue(url, registry, { workers, seal, allowed, signal, stdout }));
      end(EXIT.ok);
    });
}
