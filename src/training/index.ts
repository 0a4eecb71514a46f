export type { Rate } from './optimization.ts';
export { DivergedError } from './optimization.ts';
