import { fingerprints } from './runs.ts';

console.log(JSON.stringify(await fingerprints()));
