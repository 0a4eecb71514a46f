import { annealing } from './annealing/annealing.ts';
import { blocked } from './blocked/blocked.ts';
import { cloning } from './cloning/cloning.ts';
import { fixedScale } from './fixedScale/fixedScale.ts';
import type { LakeStudy } from './lakeStudy.ts';
import { opponent } from './opponent/opponent.ts';
import { otherWays } from './otherWays/otherWays.ts';
import { ppo } from './ppo/ppo.ts';
import { soft } from './soft/soft.ts';

/** The studies of the lake, in the order of their codes. */
export const studies: readonly LakeStudy[] = [ppo, cloning, soft, blocked, opponent, fixedScale, annealing, otherWays];
