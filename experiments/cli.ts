#!/usr/bin/env node
import { descriptorProblem } from './harness/descriptorProblem.ts';
import { EXIT } from './harness/exit.ts';
import { folderProblem } from './harness/folderProblem.ts';
import { nodeProblem } from './harness/nodeProblem.ts';

const problem = nodeProblem() ?? folderProblem() ?? descriptorProblem();
if (problem === undefined) {
  // Imported only now: an older Node stops at what it holds.
  const { supervise } = await import('./supervise.ts');
  supervise(process.argv.slice(2));
} else {
  process.stderr.write(`oxbow: ${problem}\n`);
  process.exitCode = EXIT.badInput;
}
