import { EXIT, nodeProblem } from './run/environment.ts';

/** Starts the command with the studies of the module at this address, which exports a `registry`. */
export async function start(registry: string): Promise<void> {
  let problem = nodeProblem();
  try {
    // Imported only now: an older Node stops at what it holds.
    if (problem === undefined) (await import('./supervise.ts')).supervise(process.argv.slice(2), registry);
  } catch (error) {
    problem = (error as Error).message;
  }
  if (problem === undefined) return;
  process.stderr.write(`oxbow: ${problem}\n`);
  process.exitCode = EXIT.badInput;
}
