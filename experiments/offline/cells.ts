import { type Kind, type Recipe, recipes } from '../../cli/train/recipes/recipes.ts';
import { methodNames, type Study, studies } from './methods.ts';

/** The kinds of data of each study: cloning knows no rewards, and so nothing of what is bad among good. */
export const kindsOf: Readonly<Record<Study, readonly Kind[]>> = {
  cloning: ['expert', 'two-experts'],
  offline: ['mixed', 'uneven', 'medium', 'medium-replay'],
};

/** Environments whose data and trainings take minutes: of them the question is asked. */
const asked = ['LakeStride-v0', 'Pendulum-v1'] as const;

/** Those that a run has if it names them. */
const byName = [
  'Lake-v0',
  'mujoco/PointLake-v0',
  'mujoco/PointLakeStride-v0',
  'mujoco/AntLake-v0',
  'mujoco/AntLakeStride-v0',
  'mujoco/HalfCheetah-v5',
  'mujoco/Hopper-v5',
  'mujoco/Walker2d-v5',
] as const;

export const choices = {
  studies,
  policies: methodNames,
  environments: [...asked, ...byName],
  byName,
} as const;

/** The recipe of the data of a kind in an environment; undefined if there is none. */
export function recipeOf(env: string, kind: string): Recipe | undefined {
  return [...recipes.values()].find((recipe) => recipe.task.env === env && recipe.kind === kind);
}
