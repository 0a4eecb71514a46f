/** The numbers that a compiled function has returned as scalars, by name; the arrays that it returns are used again by its next call. */
export function scalarsOf<Scalars extends Readonly<Partial<Record<string, ArrayLike<number>>>>>(
  scalars: Scalars,
): { [Name in keyof Scalars]: number } {
  const numbers = {} as { [Name in keyof Scalars]: number };
  for (const name in scalars) numbers[name] = scalars[name]![0]!;
  return numbers;
}
