import { z } from 'zod';

/** Fields of the schemas of options, each with its default and its meaning. */

/** A positive integer. @param unit what is counted: `steps` */
export const count = (usual: number, description: string, unit: string) =>
  z.int().positive().default(usual).meta({ description, unit });

/** A number above 0. */
export const positive = (usual: number, description: string, unit?: string) =>
  z.number().positive().default(usual).meta(meaning(description, unit));

/** A number of 0 or more. */
export const nonnegative = (usual: number, description: string, unit?: string) =>
  z.number().nonnegative().default(usual).meta(meaning(description, unit));

export const flag = (usual: boolean, description: string) => z.boolean().default(usual).describe(description);

/** One of some words. */
export const choice = <const Words extends readonly string[]>(
  words: Words,
  usual: NoInfer<Words[number]>,
  description: string,
) =>
  z
    .enum(words)
    .default(usual as never)
    .describe(description);

function meaning(description: string, unit: string | undefined) {
  return unit === undefined ? { description } : { description, unit };
}
