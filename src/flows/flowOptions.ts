import { z } from 'zod';

/** Options that several families of flows have, for {@link FlowDefinition.options}. */
export const layersOption = (count: number, what = 'coupling layers, each with a network') =>
  z.int().positive().default(count).describe(what);
export const binsOption = z.int().min(2).default(8).describe('bins of each spline');
export const boundOption = z
  .number()
  .positive()
  .default(5)
  .describe('splines act on [-bound, bound], identity outside');
export const tailsOption = z
  .number()
  .positive()
  .default(5)
  .describe('each map is a straight line outside of [-bound, bound]');
export const ordersOption = z
  .enum(['alternating', 'random'])
  .default('alternating')
  .describe('each layer takes the numbers in the opposite order of the one before, or in a random one');
export const stepsOption = z
  .int()
  .positive()
  .default(8)
  .describe('steps of the ODE solver, six evaluations of the field each');
export const slopesOption = z
  .enum(['shared', 'perDimension'])
  .default('shared')
  .describe('one slope a PReLU, or one for each number');
