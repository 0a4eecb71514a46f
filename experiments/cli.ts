import { start } from '../cli/start.ts';

// The command of this repository, which knows its studies.
await start(new URL('./registry.ts', import.meta.url).href);
