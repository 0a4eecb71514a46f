/** An error as plain data, for another process. */
export interface ErrorData {
  readonly message: string;
  readonly name?: string;
  readonly stack?: string;
  readonly code?: string;
  readonly cause?: ErrorData;
}

/** What is told of an error, and of its causes. */
export function toErrorData(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, name, stack, code, cause } = error as NodeJS.ErrnoException;
  return {
    message,
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
