import type { Policy } from './policy.ts';

interface Candidate {
  readonly hidden: readonly number[];
  readonly policy: Policy;
  readonly count: number;
}

/** A policy that is no larger at this width than at a small one does not get larger. */
const WIDE = 4096;

/**
 * The policy whose number of parameters is nearest to `target`, of those with `hidden` widths in the given proportion.
 *
 * The count is about quadratic in the widths, so that the search goes by its square root: a few small and two or three of the
 * wanted size are made.
 * @throws if there are no hidden layers, or the policy has as many parameters whatever their widths
 */
export function matchParameters(
  where: string,
  proportions: readonly number[],
  target: number,
  make: (hidden: readonly number[]) => Policy,
): Pick<Candidate, 'hidden' | 'policy'> {
  const widest = Math.max(...proportions);
  if (proportions.length === 0)
    throw new Error(`${where}: parameters: there is no hidden layer whose width could be scaled`);
  const candidate = (width: number): Candidate => {
    const hidden = proportions.map((share) => Math.max(1, Math.round((share * width) / widest)));
    const policy = make(hidden);
    return { hidden, policy, count: policy.parameterCount() };
  };
  let [below, low] = [candidate(1), 1];
  if (below.count >= target) return below;
  let [above, high] = [below, low];
  while (above.count < target) {
    if (above !== below) below.policy.dispose();
    [below, low] = [above, high];
    high = Math.max(high + 1, Math.min(64 * high, Math.ceil(high * Math.sqrt(target / below.count))));
    above = candidate(high);
    // A policy may round its widths.
    while (above.count <= below.count) {
      above.policy.dispose();
      if (high >= WIDE) {
        below.policy.dispose();
        throw new Error(
          `${where}: parameters: wanted ${target}, but the policy has ${below.count} whatever the widths of its hidden layers`,
        );
      }
      high *= 2;
      above = candidate(high);
    }
  }
  while (high - low > 1) {
    const share = (Math.sqrt(target) - Math.sqrt(below.count)) / (Math.sqrt(above.count) - Math.sqrt(below.count));
    const width = Math.min(Math.max(Math.round(low + share * (high - low)), low + 1), high - 1);
    const between = candidate(width);
    const replaced = between.count < target ? below : above;
    replaced.policy.dispose();
    if (between.count < target) [below, low] = [between, width];
    else [above, high] = [between, width];
  }
  const [nearer, other] = above.count - target < target - below.count ? [above, below] : [below, above];
  other.policy.dispose();
  return nearer;
}
