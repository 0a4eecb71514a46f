/** The numbers that a compiled function has returned as scalars, by name; the arrays that it returns are used again by its next call. */
export function scalarsOf<Name extends string>(
  scalars: Readonly<Record<Name, ArrayLike<number>>>,
): Record<Name, number> {
  const numbers = {} as Record<Name, number>;
  for (const name in scalars) numbers[name] = scalars[name][0]!;
  return numbers;
}
