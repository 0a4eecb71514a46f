import { evaluate } from '../../agents/index.ts';
import { normalizedScore, type Task } from '../../cli/train/recipes/recipes.ts';
import type { Policy, Rng } from '../../src/index.ts';
import { portableMath } from '../../src/portableMath.ts';

type Evaluation = ReturnType<typeof evaluate>;

/** How a policy does; null where there is nothing to measure. */
export type Scores = {
  /** Of its samples or of its greedy actions, whichever is higher: 0 is random, 1 the expert. */
  readonly score: number | null;
  readonly sampled: number | null;
  readonly greedy: number | null;
  /** The mean return of the one that `score` is of. */
  readonly return: number | null;
  /** Of walks round a lake, by samples if it has some: the share that drowns. */
  readonly drowned: number | null;
  /** Of the same walks that get home: how many banks they use, e^H with the entropy H of the banks, 1 to 2. */
  readonly modes: number | null;
};

/** Plays episodes by samples, by greedy actions, or by both, from the same starts: luck with these makes neither the higher one. */
export function measureScores({
  policy,
  acts,
  task,
  episodes,
  rng,
}: {
  readonly policy: Policy;
  readonly acts: readonly ('sampled' | 'greedy')[];
  readonly task: Task;
  readonly episodes: number;
  readonly rng: Rng;
}): Scores {
  const { env, envOptions } = task;
  const by = (way: 'sampled' | 'greedy') => {
    if (!acts.includes(way)) return undefined;
    return evaluate({ policy, env, envOptions: envOptions as never, episodes, greedy: way === 'greedy', rng });
  };
  const [sampled, greedy] = [by('sampled'), by('greedy')];
  const scoreOf = (of: Evaluation | undefined) => (of === undefined ? null : normalizedScore(task, of.meanReturn));
  const returns = [sampled, greedy].flatMap((of) => (of === undefined ? [] : [of.meanReturn]));
  const best = Math.max(...returns);
  return {
    score: normalizedScore(task, best),
    sampled: scoreOf(sampled),
    greedy: scoreOf(greedy),
    return: best,
    ...banksOf((sampled ?? greedy)!),
  };
}

function banksOf({ episodes }: Evaluation): Pick<Scores, 'drowned' | 'modes'> {
  if (!episodes.some(({ info }) => 'bank' in info)) return { drowned: null, modes: null };
  const home = episodes.filter(({ info }) => info.outcome === 'home');
  const upper = home.filter(({ info }) => info.bank === 'upper').length;
  const drowned = episodes.filter(({ info }) => info.outcome === 'drowned').length / episodes.length;
  return { drowned, modes: home.length === 0 ? null : modesOf([upper, home.length - upper]) };
}

/** e^H of the shares of counts: 1 if all are one's, n if n have equal parts. */
export function modesOf(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shares = counts.filter((count) => count > 0).map((count) => count / total);
  return portableMath.exp(-shares.reduce((sum, share) => sum + share * portableMath.log(share), 0));
}
