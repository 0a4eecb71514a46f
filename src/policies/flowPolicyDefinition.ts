import type { z } from 'zod';
import type { FlowDefinition } from '../flows/flowDefinition.ts';
import { checkAngles } from './checkAngles.ts';
import { FlowPolicy } from './flowPolicy.ts';
import { type MakeArguments, policySchema } from './policyDefinition.ts';
import { makeHead } from './policyHead.ts';
import { headOptions, noSquash } from './policyOptions.ts';

const SEQUENTIAL = {
  sampling: '; an action is sampled number by number',
  density: '; a log-probability is found number by number',
};

/** The policy of a family of flows: the flow, behind a `LocationScale` of the observation unless `head` is false. */
export function flowPolicyDefinition<O extends z.ZodRawShape>(family: FlowDefinition<O>) {
  return {
    description: describe(family),
    actions: 'box' as const,
    schema: policySchema({ ...headOptions, ...family.options }),
    make({ head, scale, initialScale, ...options }: MakeArguments<typeof headOptions>): FlowPolicy {
      const flow = makeFlow(family, options);
      const { squash } = options;
      return head
        ? new FlowPolicy({ head: makeHead({ ...options, scale, initialScale }), flow, squash })
        : new FlowPolicy({ flow: flow.scaledBy(initialScale), squash });
    },
  };
}

/**
 * The policy of a family of flows over angles, whose base is uniform: a shift would not change that, and a scale would tear it at ±π.
 * @param name the policy's, for errors
 */
export function anglePolicyDefinition<O extends z.ZodRawShape>(name: string, family: FlowDefinition<O>) {
  return {
    description: describe(family),
    actions: 'box' as const,
    schema: policySchema({ squash: noSquash('angles have no bounds to squash into'), ...family.options }),
    make(options: MakeArguments<Record<never, never>>): FlowPolicy {
      checkAngles(name, options.actionSpace);
      return new FlowPolicy({ flow: makeFlow(family, options), squash: options.squash });
    },
  };
}

function describe({ description, sequential }: FlowDefinition): string {
  return `${description}${sequential === undefined ? '' : SEQUENTIAL[sequential]}`;
}

/** A flow of actions, given an observation. */
function makeFlow(family: FlowDefinition, options: MakeArguments<Record<never, never>>) {
  const { squash: _, observationSpace: __, actionSpace: ___, observationDim, actionDim, ...settings } = options;
  return family.make({ ...settings, dim: actionDim, contextDim: observationDim });
}
