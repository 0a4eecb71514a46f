#!/usr/bin/env node
import { extension } from './run/environment.ts';
import { start } from './start.ts';

await start(new URL(`./registry${extension}`, import.meta.url).href);
