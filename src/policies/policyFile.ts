import { z } from 'zod';
import { writeFileOf } from '../files.ts';
import { fingerprint } from '../fingerprint.ts';
import { checkLevels, parseJson } from '../json.ts';
import { whileLoading } from '../nn/sizes.ts';
import { nodeBuiltin } from '../nodeBuiltin.ts';
import { shortened, show } from '../options/describe.ts';
import { parseOptions } from '../options/parse.ts';
import { Rng } from '../random.ts';
import { actionSpaceSchema, jsonSpace, plainSpaceSchema } from '../spaces/plain.ts';
import type { ActedAction, UsualAction } from './actor.ts';
import { ONNX, type Policy } from './policy.ts';
import { isRegistered, makePolicy } from './registry.ts';

/**
 * Saves a policy of `makePolicy`, in Node: what it is and its variables, in one JSON file that appears whole or not at all.
 * @param about any JSON values: scores, the environment, a date
 * @throws if `makePolicy` did not make the policy, `about` is no JSON, or the file cannot be written: with the `code` of the file
 *   system's error, which is the `cause`
 */
export function savePolicy(file: string, policy: Policy, about: Readonly<Record<string, unknown>> = {}): void {
  const json = toJson('savePolicy', policy, about);
  writeFileOf('savePolicy', file, json, 'policyToJson gives text');
}

/**
 * The policy that {@link savePolicy} wrote, and what was said about it. The file is data: nothing in it is run.
 * @throws one line, if the file cannot be read, is no saved policy, is damaged, of another version, or holds a policy that is
 *   not registered or has become another one
 */
export function loadPolicy<Action extends ActedAction = UsualAction>(file: string): LoadedPolicy<Action> {
  let text: string;
  try {
    text = nodeBuiltin('node:fs', 'policyFromJson takes text').readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`loadPolicy: cannot read ${file}: ${(error as Error).message}`);
  }
  return fromJson<Action>(`loadPolicy: ${file}`, text);
}

const FORMAT = 'oxbow-policy';
const VERSION = 1;

const jsonObject = z.record(z.string(), z.json());
const contentSchema = z.strictObject({
  policy: z.strictObject({
    name: z.string(),
    observationSpace: plainSpaceSchema,
    actionSpace: actionSpaceSchema,
    options: jsonObject,
    // Where it is untrained, and data may give units to its actions.
    takesUnits: z.literal(true).optional(),
  }),
  about: jsonObject,
  variables: z.record(z.string(), z.strictObject({ shape: z.array(z.int().nonnegative()), float32: z.string() })),
});

/** A policy that was saved, and what was said about it. What its actions are, whoever loads it says: `loadPolicy<Float32Array>(file)`. */
export interface LoadedPolicy<Action extends ActedAction = UsualAction> {
  readonly policy: Policy<Action>;
  readonly about: Readonly<Record<string, unknown>>;
}

/**
 * A policy as JSON: what it is, its variables to the bit, what `about` says, and a checksum. For browsers and databases;
 * `savePolicy` writes it to a file.
 * @param about any JSON values: scores, the environment, a date
 * @throws if `makePolicy` did not make the policy, or `about` is no JSON
 */
export function policyToJson(policy: Policy, about: Readonly<Record<string, unknown>> = {}): string {
  return toJson('policyToJson', policy, about);
}

/**
 * The policy of {@link policyToJson}. The text is data: nothing in it is run.
 * @throws one line, if the text is no saved policy, is damaged, of another version, or holds a policy that is not registered or
 *   has become another one
 */
export function policyFromJson<Action extends ActedAction = UsualAction>(text: string): LoadedPolicy<Action> {
  return fromJson<Action>('policyFromJson: the text', text);
}

function toJson(where: string, policy: Policy, said: Readonly<Record<string, unknown>>): string {
  if (typeof policy?.stateDict !== 'function') {
    throw new Error(`${where}: got ${policy === null ? 'null' : typeof policy}, expected a policy`);
  }
  const { config } = policy;
  if (config === undefined) {
    throw new Error(
      `${where}: a ${policy.constructor.name} that makePolicy did not make cannot be made again from a file: ` +
        'register it with registerPolicy and make it by its name, or keep its stateDict()',
    );
  }
  if (config.name === ONNX) {
    throw new Error(`${where}: a policy of policyFromOnnx is no policy of makePolicy: keep its file`);
  }
  for (const [what, value] of Object.entries({ about: said, options: config.options })) {
    const wrong = jsonObject.safeParse(value).error?.issues[0];
    if (wrong !== undefined) throw new Error(`${where}: ${[what, ...wrong.path].join('.')} is no JSON value`);
  }
  const content = {
    policy: {
      ...config,
      ...(policy.takesUnits && { takesUnits: true as const }),
      observationSpace: jsonSpace(config.observationSpace),
      actionSpace: jsonSpace(config.actionSpace),
    },
    about: said,
    variables: policy.stateDict(),
  };
  const json = JSON.stringify({ format: FORMAT, version: VERSION, sha256: fingerprint(content), ...content }, null, 2);
  checkLevels(json);
  return `${json}\n`;
}

/** @param where begins the errors: who reads what */
function fromJson<Action extends ActedAction>(where: string, text: string): LoadedPolicy<Action> {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (error) {
    throw new Error(`${where} is no saved policy, or a part of one: ${(error as Error).message}`);
  }
  const { format, version, sha256: expected, ...content } = (json ?? {}) as Record<string, unknown>;
  if (format !== FORMAT) throw new Error(`${where} is no saved policy: it lacks "format": "${FORMAT}"`);
  if (version !== VERSION) {
    throw new Error(`${where} has version ${show(version)} of the format, this oxbow reads version ${VERSION}`);
  }
  // Over the values, whatever the layout of the text and the order of its keys: a database may change both.
  if (fingerprint(content) !== expected) throw new Error(`${where} is damaged: its checksum does not fit`);
  const { policy: config, about: said, variables } = parseOptions(where, contentSchema, content);
  const { name, options, takesUnits, ...spaces } = config;
  if (!isRegistered(name)) {
    throw new Error(
      `${where} holds a policy '${shortened(name)}', which is unknown here: call registerPolicy('${shortened(name)}', …) first`,
    );
  }
  let policy: Policy | undefined;
  try {
    // 5⅓ characters a number.
    const numbers = Object.values(variables).reduce((sum, { float32 }) => sum + float32.length, 0) / (16 / 3);
    const stored = { numbers, variables: Object.keys(variables).length };
    policy = whileLoading(stored, () => makePolicy(name as string, { ...options, ...spaces, rng: new Rng(0) }));
    policy.loadStateDict(variables);
    if (takesUnits) policy.markUntrained();
    return { policy: policy as Policy<Action>, about: said };
  } catch (error) {
    policy?.dispose();
    throw new Error(`${where} does not fit the policy '${name}' of this program: ${(error as Error).message}`);
  }
}
