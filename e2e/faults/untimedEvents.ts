import { readFileSync } from 'node:fs';
import { readEvents } from '../../test/support/readEvents.ts';

/** The events of a file for TensorBoard as a text, but for what is of the clock. */
export function untimedEvents(path: string): string {
  const events = readEvents(readFileSync(path));
  return JSON.stringify(events.map(({ step, scalars: { 'time/stepsPerSecond': _, ...scalars } }) => [step, scalars]));
}
