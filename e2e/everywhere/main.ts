import { fingerprints } from './runs.ts';

console.log(JSON.stringify(await fingerprints(process.argv[2] as 'wasm' | 'native')));
