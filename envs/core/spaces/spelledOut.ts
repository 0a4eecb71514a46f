import { Box } from './box.ts';
import { Dict } from './dict.ts';
import type { Space } from './space.ts';
import { Text } from './text.ts';
import { Tuple } from './tuple.ts';

/** A space as text, with what its name for people leaves out: bounds to the last digit, and the characters of texts. */
export function spelledOut(space: Space): string {
  if (space instanceof Dict) {
    return `Dict(${space.names.map((name) => `${name}: ${spelledOut(space.spaces[name] as Space)}`).join(', ')})`;
  }
  if (space instanceof Tuple) return `Tuple(${space.spaces.map((part) => spelledOut(part as Space)).join(', ')})`;
  if (space instanceof Box) return `${space} ${allOf(space.low)} ${allOf(space.high)}`;
  return space instanceof Text ? `${space} ${space.charset}` : String(space);
}

function allOf(bounds: ArrayLike<number>): string {
  const all = Array.from(bounds);
  return all.every((bound) => bound === all[0]) ? String(all[0]) : all.join();
}
