import { properties } from './properties.ts';
import { distinct, isCostly } from './registry.ts';

properties(distinct.filter(isCostly));
