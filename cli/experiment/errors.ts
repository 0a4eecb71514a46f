import { firstLine } from './text.ts';

/** Bad input by the user: one line that names the field, the value and what was expected. The command exits with 2. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** What `body` gives; what else it throws than bad input becomes that, its first line behind the label. */
export async function orInputError<T>(body: () => T | Promise<T>, label = ''): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${label}${firstLine((error as Error).message)}`);
  }
}

/** An error as plain data, for another process. */
export interface ErrorData {
  readonly message: string;
  readonly name?: string;
  readonly stack?: string;
  readonly code?: string;
  readonly cause?: ErrorData;
}

/** What Redis says behind an error of a script: its hash, of no use to a reader. */
const OF_SCRIPT = /,? script: [0-9a-f]{40}, on @user_script:\d+\.?/;

/** What is told of an error, and of its causes; or of whatever else was thrown. */
export function toErrorData(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { message: `throws ${textOf(error)}` };
  const { message, name, stack, code, cause } = error as NodeJS.ErrnoException;
  return {
    message: message.replace(OF_SCRIPT, ''),
    name,
    ...(stack && { stack }),
    ...(typeof code === 'string' && { code }),
    ...(cause instanceof Error && { cause: toErrorData(cause) }),
  };
}

/** The error that {@link toErrorData} has told of. */
export function fromErrorData({ message, cause, ...rest }: ErrorData): Error {
  return Object.assign(new Error(message, cause && { cause: fromErrorData(cause) }), rest);
}

/** What is no error may not even be a text. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'what is no error';
  }
}
