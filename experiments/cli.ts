#!/usr/bin/env node
import { main } from './commands/main.ts';
import { registry } from './registry.ts';

process.exitCode = await main(process.argv.slice(2), registry);
