import type { z } from 'zod';
import type { FlowDefinition } from '../flows/builtinFlows.ts';
import { checkAngles } from './checkAngles.ts';
import { FlowPolicy } from './flowPolicy.ts';
import { completeDefinition, type MakeArguments, type RegisteredPolicy } from './policyDefinition.ts';
import { makeHead } from './policyHead.ts';
import { headOptions, noSquash } from './policyOptions.ts';

/** Of a flow over angles, whose base is uniform: a shift does not change that, and a scale would tear it at ±π. */
const angleOptions = { squash: noSquash('angles have no bounds to squash into') };

type Merge<A, B> = Omit<A, keyof B> & B;
type FamilyOptions<D extends FlowDefinition> = D extends { options: infer O extends z.ZodRawShape }
  ? O
  : Record<never, never>;
type FlowPolicyOptions<D extends FlowDefinition> = (D extends { angles: true }
  ? typeof angleOptions
  : typeof headOptions) &
  FamilyOptions<D>;
/** The policy of a family of flows, typed by its options. */
export type FlowPolicyDefinition<D extends FlowDefinition, S = Record<never, never>> =
  Merge<FlowPolicyOptions<D>, S> extends infer O extends z.ZodRawShape ? RegisteredPolicy<O, 'box'> : never;

const SEQUENTIAL = {
  sampling: '; an action is sampled number by number',
  density: '; a log-probability is found number by number',
};

/**
 * The policy of a family of flows: the flow, behind a `LocationScale` of the observation unless `head` is false or actions
 * are angles.
 * @param name the policy's, for errors
 * @param own options in the place of the family's, and the settings of the family that they stand for
 */
export function flowPolicyDefinition<
  const D extends FlowDefinition,
  const S extends z.ZodRawShape = Record<never, never>,
>(
  name: string,
  family: D,
  own?: { readonly options: S; settings(options: z.output<z.ZodObject<S>>, actionDim: number): object },
): FlowPolicyDefinition<D, S> {
  const { description, angles = false, leastDim = 1, sequential } = family;
  const definition = completeDefinition({
    description: `${description}${sequential === undefined ? '' : SEQUENTIAL[sequential]}`,
    options: { ...(angles ? angleOptions : headOptions), ...family.options, ...own?.options },
    make({ squash, observationSpace: _, actionSpace, observationDim, actionDim, ...options }) {
      if (actionDim < leastDim) {
        throw new Error(`${name}: wanted actions of at least ${leastDim} numbers, got ${actionDim}`);
      }
      if (angles) checkAngles(name, actionSpace);
      const { head = false, scale, initialScale, ...settings } = options as typeof options & Partial<HeadSettings>;
      const sizes = { ...settings, dim: actionDim, contextDim: observationDim };
      const flow = family.make({ ...sizes, ...own?.settings(settings as never, actionDim) });
      if (!head) return new FlowPolicy({ flow: flow.scaledBy(initialScale ?? 1), squash });
      const ofHead = { ...settings, observationDim, actionDim, scale: scale!, initialScale: initialScale! };
      return new FlowPolicy({ head: makeHead(ofHead), flow, squash });
    },
  });
  return definition as unknown as FlowPolicyDefinition<D, S>;
}

type HeadSettings = Pick<MakeArguments<typeof headOptions>, keyof typeof headOptions>;
