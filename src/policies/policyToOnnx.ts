import { z } from 'zod';
import { FixedSizeError, type OnnxModel, traceToOnnx } from '../engine/traceToOnnx.ts';
import { writeFileOf } from '../files.ts';
import { note } from '../options/describe.ts';
import { parseOptions } from '../options/parse.ts';
import { jsonSpace, plainSpace } from '../spaces/plain.ts';
import { actingOf, actingShape } from './acting.ts';
import { type ActorInputs, actionBounds, actionOf, actorInputs, clippedActions } from './actor.ts';
import type { Policy } from './policy.ts';

const onnxOptions = z.strictObject({ batch: z.int().positive().optional(), ...actingShape });

/** See {@link Policy.toOnnx}. */
export function policyToOnnx(
  policy: Policy,
  file: string | undefined,
  options: z.input<typeof onnxOptions>,
): OnnxModel {
  const where = `${policy.constructor.name}.toOnnx`;
  const { batch, ...given } = parseOptions(where, onnxOptions, options);
  const acting = actingOf(where, given);
  policy.checkActing(where, acting);
  if (acting.hold !== 1) {
    throw new Error(`${where}: acting.hold: got ${acting.hold}, expected none: noise is an input, to be given again`);
  }
  const { observationSpace, actionSpace = policy.boundedActions ?? policy.discreteActions } = policy.config ?? {};
  const bounds = actionBounds(policy);
  const spaces = Object.entries({ observationSpace, actionSpace }).flatMap(([key, space]) =>
    space === undefined ? [] : [[key, JSON.stringify(jsonSpace(plainSpace(where, space)))]],
  );
  if (policy.chunk !== undefined) spaces.push(['chunk', JSON.stringify(policy.chunk)]);
  const traced = (size: number | string) =>
    traceToOnnx(
      (inputs: ActorInputs, rng) => {
        const { action, state, ...sample } = actionOf(policy, inputs, acting, rng);
        const clipped = bounds === undefined ? action : clippedActions(action, bounds);
        return { action: clipped, ...sample, ...(state && { nextState: state }) };
      },
      actorInputs(policy, size),
      { name: where, state: [policy], metadata: Object.fromEntries(spaces) },
    );
  let made: OnnxModel;
  try {
    made = traced(batch ?? 'batch');
  } catch (error) {
    if (!(error instanceof FixedSizeError)) throw error;
    note(`${error.message}; the model takes one observation at a time, and n with { batch: n }`);
    made = traced(1);
  }
  if (file !== undefined) writeFileOf(where, file, [made.model], 'take the returned bytes');
  return made;
}
