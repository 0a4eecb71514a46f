/**
 * The probability that at least one of k fresh tries succeeds, from `tries` of which `successes` did: 1 − C(n − c, k) / C(n, k), which is
 * unbiased where tries are independent; 1 − (1 − c/n)ᵏ is not.
 *
 * Chen et al., "Evaluating Large Language Models Trained on Code", arXiv:2107.03374 (pass@k).
 *
 * @throws if `tries` are fewer than k, or there are more successes than tries
 */
export function successAtK({ successes, tries, k }: { successes: number; tries: number; k: number }): number {
  if (!Number.isInteger(k) || k < 1 || k > tries) {
    throw new Error(`successAtK: k: got ${k}, expected an integer from 1 to the ${tries} tries`);
  }
  if (!Number.isInteger(successes) || successes < 0 || successes > tries) {
    throw new Error(`successAtK: successes: got ${successes}, expected an integer from 0 to the ${tries} tries`);
  }
  let allFail = 1;
  for (let i = 0; i < k; i++) allFail *= Math.max(0, tries - successes - i) / (tries - i);
  return 1 - allFail;
}
