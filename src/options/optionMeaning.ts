import { z } from 'zod';
import { schemaLayers } from './schemaField.ts';

/** What an option means: words in lower case without a full stop, of which those before the first semicolon stand alone. */
export interface OptionMeaning {
  readonly description?: string;
  readonly unit?: string;
}

/** What the schema of an option says of it by `describe` and `meta`; an outer layer says it in the place of an inner one. */
export function optionMeaning(schema: z.ZodType): OptionMeaning {
  const metas = schemaLayers(schema).map((layer) => layer.meta());
  const description = metas.find((meta) => meta?.description !== undefined)?.description;
  const unit = metas.find((meta) => meta?.unit !== undefined)?.unit;
  return { ...(description !== undefined && { description }), ...(unit !== undefined && { unit: String(unit) }) };
}

/** The default of an option; undefined where it has none. */
export function optionDefault(schema: z.ZodType): unknown {
  const layer = schemaLayers(schema).find((each) => each instanceof z.ZodDefault);
  return layer?.def.defaultValue;
}
