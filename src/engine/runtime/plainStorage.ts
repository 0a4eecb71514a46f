import { newData } from '../graph/value.ts';
import type { Storage } from './runtime.ts';

/** Arrays of their own. */
export const plainStorage: Storage = { allocate: (dtype, size) => ({ data: newData(dtype, size) }) };
