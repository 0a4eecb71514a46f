import { fingerprints } from './runs.ts';

/** A page has no arguments. */
const { process } = globalThis as { process?: { readonly argv: readonly string[] } };

console.log(JSON.stringify(await fingerprints(process?.argv[2] as 'wasm' | 'native' | undefined)));
