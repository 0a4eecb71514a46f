import type { z } from 'zod';
import { schemaLayers } from './schemaField.ts';

/** What an option means: words in lower case without a full stop, of which those before the first semicolon stand alone. */
export interface OptionMeaning {
  readonly description?: string;
  readonly unit?: string;
}

/** What the schema of an option says of it by `describe` and `meta`; an outer layer says it in the place of an inner one. */
export function optionMeaning(schema: z.ZodType): OptionMeaning {
  return Object.assign(
    {},
    ...schemaLayers(schema)
      .reverse()
      .map((layer) => layer.meta()),
  );
}
