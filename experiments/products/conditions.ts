/** The key of k lakes walked at once. */
export const conditionOf = (lakes: number): string => `k-${lakes}`;

/** k of the key of a condition. */
export const lakesOf = (condition: string): number => Number(condition.slice(2));

/** How a condition reads: `1 lake`, `3 lakes`. */
export function conditionLabel(condition: string): string {
  const lakes = lakesOf(condition);
  return `${lakes} lake${lakes === 1 ? '' : 's'}`;
}
