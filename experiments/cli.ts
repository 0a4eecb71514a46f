#!/usr/bin/env node
import { EXIT } from './harness/exit.ts';
import { exitOnSignals } from './harness/interrupt.ts';
import { nodeProblem } from './harness/nodeProblem.ts';

exitOnSignals();
const problem = nodeProblem();
if (problem === undefined) {
  // Imported only now: an older Node stops at what these import.
  const [{ main }, { registry }] = await Promise.all([import('./commands/main.ts'), import('./registry.ts')]);
  process.exitCode = await main(process.argv.slice(2), registry);
} else {
  process.stderr.write(`oxbow: ${problem}\n`);
  process.exitCode = EXIT.badInput;
}
