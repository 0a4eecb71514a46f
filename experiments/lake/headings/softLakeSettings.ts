import { z } from 'zod';

const count = () => z.int().positive().max(1_000_000);

/** What policies over headings are trained with by PPO, beside the settings of each, and how finely their optimum is solved. */
export const softLakeSettings = z.strictObject({
  steps: count().default(57_344).describe('steps of all environments together'),
  envs: count().default(32).describe('parallel environments'),
  horizon: count().default(64).describe('steps of each environment between updates'),
  cells: count().multipleOf(2).default(40).describe('of the grid of the soft optimum, along one side'),
  points: count().default(180).describe('headings of the soft optimum'),
});
