export { DivergedError } from './divergedError.ts';
export type { Rate } from './rate.ts';
