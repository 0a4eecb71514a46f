import { Dict } from '../core/spaces/dict.ts';
import type { Space } from '../core/spaces/space.ts';
import { Text } from '../core/spaces/text.ts';
import { Tuple } from '../core/spaces/tuple.ts';

/** A value that was read of a row, with its texts in their places; they come in the order of the parts. */
export function withTexts(space: Space, value: unknown, texts: Iterator<string>): unknown {
  if (space instanceof Text) return texts.next().value;
  if (!(space instanceof Dict || space instanceof Tuple)) return value;
  const parts = value as Record<string, unknown>;
  const spaces: Readonly<Record<string, Space>> = space.spaces as never;
  const keys = space instanceof Dict ? space.names : Object.keys(spaces);
  for (const key of keys) parts[key] = withTexts(spaces[key]!, parts[key], texts);
  return value;
}
