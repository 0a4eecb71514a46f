import { selectEngine } from '../../src/index.ts';
import { fingerprints } from './runs.ts';

/** A page has no arguments, and WebAssembly alone. */
const { process } = globalThis as { process?: NodeJS.Process };
const engine = process?.argv[2] as 'auto' | 'wasm' | 'native' | undefined;

process?.stderr.write(`${(await selectEngine(engine ?? 'wasm')).line}\n`);
console.log(JSON.stringify(await fingerprints(engine)));
