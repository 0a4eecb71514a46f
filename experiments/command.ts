import { dieWithParent } from './harness/dieWithParent.ts';
import { exitOnSignals } from './harness/interrupt.ts';

/** The command proper, in the process that `supervise` starts, by `node command.js <its parent's id> <arguments…>`. */
const [parent, ...argv] = process.argv.slice(2);
exitOnSignals();
dieWithParent(Number(parent));
// Imported only now: a signal that comes while all of it is read finds its listener.
const [{ main }, { registry }] = await Promise.all([import('./commands/main.ts'), import('./registry.ts')]);
process.exitCode = await main(argv, registry);
