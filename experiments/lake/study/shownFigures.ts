import type { StudyName } from './studyCodes.ts';

/**
 * The figures that the section of a study shows, in this order, by name or, before a `*`, by how names begin; what else there is of it is folded. They are
 * those that answer its question.
 */
export const shownFigures: Readonly<Record<StudyName, readonly string[]>> = {
  ppo: ['ppo-Lake-v0-walks', 'ppo-Lake-v0-profile', 'ppo-Lake-v0-drowned'],
  cloning: ['cloning-LakeStride-v0-walks', 'cloning-LakeStride-v0-drowned', 'cloning-bandit-density'],
  soft: ['soft-lake-temperature'],
  blocked: ['blocked-walks', 'blocked-success'],
  opponent: ['opponent-bandit-density', 'opponent-bandit-value'],
  'fixed-scale': ['fixed-scale-pitchfork-*'],
  annealing: ['annealing-share-*'],
  'other-ways': ['other-ways-cloned-walks', 'other-ways-soft-entropy'],
  arrival: ['arrival-*'],
  regret: ['regret-*'],
};
