import { readTextFile, writeWholeFile } from '../files.ts';
import type { Policy } from './policy.ts';
import { fromJson, type LoadedPolicy, toJson } from './policyJson.ts';
import type { ActedAction, UsualAction } from './singleActor.ts';

/**
 * Saves a policy of `makePolicy`, in Node: what it is and its variables, in one JSON file that appears whole or not at all.
 * @param about any JSON values: scores, the environment, a date
 * @throws if `makePolicy` did not make the policy, `about` is no JSON, or the file cannot be written: with the `code` of the file
 *   system's error, which is the `cause`
 */
export function savePolicy(file: string, policy: Policy, about: Readonly<Record<string, unknown>> = {}): void {
  const json = toJson('savePolicy', policy, about);
  try {
    writeWholeFile(file, json, { instead: 'policyToJson gives text' });
  } catch (error) {
    const { message, code } = error as Error & { readonly code?: string };
    const problem = new Error(`savePolicy: cannot write ${file}: ${message}`, { cause: error });
    throw code === undefined ? problem : Object.assign(problem, { code });
  }
}

/**
 * The policy that {@link savePolicy} wrote, and what was said about it. The file is data: nothing in it is run.
 * @throws one line, if the file cannot be read, is no saved policy, is damaged, of another version, or holds a policy that is
 *   not registered or has become another one
 */
export function loadPolicy<Action extends ActedAction = UsualAction>(file: string): LoadedPolicy<Action> {
  let text: string;
  try {
    text = readTextFile(file, 'policyFromJson takes text');
  } catch (error) {
    throw new Error(`loadPolicy: cannot read ${file}: ${(error as Error).message}`);
  }
  return fromJson<Action>(`loadPolicy: ${file}`, text);
}
