import { start } from '../cli/start.ts';

// The command of this repository, which knows its studies.
await start(async () => (await import('./registry.ts')).registry);
