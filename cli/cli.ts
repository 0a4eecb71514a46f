#!/usr/bin/env node
import { extension } from './run/withTypeScript.ts';
import { start } from './start.ts';

await start(new URL(`./registry${extension}`, import.meta.url).href);
