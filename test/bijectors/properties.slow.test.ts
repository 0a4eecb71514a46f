import { properties } from './properties.ts';
import { isCostly, registry } from './registry.ts';

properties(registry.filter(isCostly));
