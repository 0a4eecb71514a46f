import { selectEngine } from '../../src/index.ts';

console.log((await selectEngine()).line);
