import { geometricSchedule, type Schedule } from '../../../src/index.ts';

/** The share of the updates in which an annealed temperature falls. */
const FALLING = 0.7;

/** A temperature that falls from 1 in equal ratios, and is then held. */
export function annealed(temperature: number): Schedule {
  const fall = geometricSchedule(1, temperature);
  return (share) => fall(share / FALLING);
}
