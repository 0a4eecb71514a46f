import { trainWithNoise } from './worker.ts';

// Run as a program of its own, since resident memory is that of all threads of a process.
trainWithNoise(1, 3000);
const before = process.memoryUsage().rss;
trainWithNoise(1, 10_000);
console.log(process.memoryUsage().rss - before);
