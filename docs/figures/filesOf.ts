import { coloured } from './colours.ts';
import { figures } from './figures.ts';

/** The files of a figure, by their names in docs. */
export async function filesOf(name: string): Promise<Record<string, string>> {
  const drawing = await figures[name]!.draw();
  return Object.fromEntries(
    (['light', 'dark'] as const).map((theme) => [`${name}-${theme}.svg`, `${coloured(drawing, theme)}\n`]),
  );
}
