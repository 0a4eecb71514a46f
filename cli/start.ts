import { descriptorProblem, EXIT, folderProblem, nodeProblem } from './run/environment.ts';

/** Starts the command with the studies of the module at this address, which exports a `registry`. */
export async function start(registry: string): Promise<void> {
  const problem = nodeProblem() ?? folderProblem() ?? descriptorProblem();
  if (problem === undefined) {
    // Imported only now: an older Node stops at what it holds.
    const { supervise } = await import('./supervise.ts');
    supervise(process.argv.slice(2), registry);
  } else {
    process.stderr.write(`oxbow: ${problem}\n`);
    process.exitCode = EXIT.badInput;
  }
}
