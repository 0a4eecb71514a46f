import * as agents from './agents.ts';
import * as bijectors from './bijectors.ts';
import * as distributionsOfNumbers from './distributionsOfNumbers.ts';
import * as distributionsOfVectors from './distributionsOfVectors.ts';
import * as flowLayers from './flowLayers.ts';
import * as lake from './lake.ts';
import { coloured } from './picture.ts';
import { chunks, manyWays, shapeUsed } from './shapes.ts';

/** A figure of the docs. */
export interface DocsFigure {
  /** What it shows, for those who cannot see it. */
  readonly label: string;
  /** An `<svg>` in colours of either theme, to the byte the same on every machine with the engine wasm. */
  draw(): string | Promise<string>;
}

/** The figures that the library draws of itself, by the names of their files in docs: `<name>-light.svg` and `<name>-dark.svg`. */
export const figures: Readonly<Record<string, DocsFigure>> = {
  agents,
  bijectors,
  chunks,
  'distributions-of-numbers': distributionsOfNumbers,
  'distributions-of-vectors': distributionsOfVectors,
  'flow-layers': flowLayers,
  lake,
  'many-ways': manyWays,
  'shape-used': shapeUsed,
};

/** The files of a figure, by their names in docs. */
export async function filesOf(name: string): Promise<Record<string, string>> {
  const drawing = await figures[name]!.draw();
  return Object.fromEntries(
    (['light', 'dark'] as const).map((theme) => [`${name}-${theme}.svg`, `${coloured(drawing, theme)}\n`]),
  );
}
