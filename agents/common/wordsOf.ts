import type { Info } from '../../envs/index.ts';

/** A text that is longer is no word. */
const LONGEST = 32;

/**
 * The entries of an info that are words, texts of one line of at most 32 characters. One without an outcome may say `is_success`, as
 * environments of Gymnasium do: the outcome is then `success` or `failure`.
 */
export function* wordsOf(info: Info): Generator<[entry: string, word: string]> {
  for (const [entry, value] of Object.entries(info)) if (isWord(value)) yield [entry, value];
  const { outcome, is_success: success } = info;
  if (outcome === undefined && (typeof success === 'boolean' || success === 0 || success === 1)) {
    yield ['outcome', success ? 'success' : 'failure'];
  }
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= LONGEST && !/[\n\r]/.test(value);
}
