import * as tf from '@tensorflow/tfjs-core';
import { Contract } from '../src/contract.ts';
import { Rng } from '../src/index.ts';
import { show } from '../src/options/describe.ts';
import { checkCount, checkInterface, checkOptions } from '../src/options/parse.ts';
import type { Agent, AgentState, TrainReport } from './agent.ts';
import { stateFromJson, stateToJson } from './core/state.ts';

/** Options of {@link checkAgent}. */
export interface CheckAgentOptions {
  /** What each training draws from; `new Rng('checkAgent')`. */
  readonly rng?: Rng;
  /** How long each training is, as `train` counts; 512. There should be updates, and several reports. */
  readonly steps?: number;
}

/**
 * Checks an agent against the contract of {@link Agent} by three short trainings of it: a whole one, one from its middle, one from its beginning. Its
 * policy is trained by that, and the agent is disposed of.
 *
 * 1. `train` refuses steps that are no positive integer. Reports count `step` up to at least `steps`, `updates` never down, and hold no number that is
 *    NaN or infinite.
 * 2. `state()` is plain values and typed arrays; `stateToJson` and `stateFromJson` give it again. `setState` refuses that of another agent.
 * 3. `setState` of the middle, with an rng of the same seed, gives the rest of the training, to the bit: reports and final state.
 * 4. `setState` of the beginning gives all of it: all randomness is from the rng.
 * 5. Trainings leave no more tensors than the first, and `dispose` frees what they made.
 *
 * @returns what could not be checked, a line each
 * @throws at the first rule broken, with one line: agent, what was got, what was expected
 */
export async function checkAgent(agent: Agent, options: CheckAgentOptions = {}): Promise<string[]> {
  checkInterface('checkAgent', 'agent', agent, ['train', 'state', 'setState', 'dispose']);
  const { rng = new Rng('checkAgent'), steps = 512 } = checkOptions('checkAgent', options, {
    rng: [Rng, undefined],
    steps: [Number, undefined],
  });
  checkCount('checkAgent', 'steps', steps);
  const { name } = agent.constructor;
  const contract: Contract = new Contract(`checkAgent: ${name}.`);
  const before = tf.memory().numTensors;
  const train = (count = steps) => agent.train({ steps: count, rng: rng.split('training') });
  for (const wrong of [0, 1.5]) {
    // It may be refused by the call, or by the stream.
    const isRefused = await refuses(() => train(wrong).next());
    contract.expect(isRefused, () => `train: took steps of ${wrong}, expected an error: a positive integer`);
  }
  const text = (what: string) => {
    const [json, again] = (() => {
      try {
        const written = stateToJson(agent.state());
        return [written, stateToJson(stateFromJson(written))];
      } catch (error) {
        return contract.fail(`state: ${what}: ${(error as Error).message}`);
      }
    })();
    contract.expect(json === again, () => `state: ${what}: stateFromJson(stateToJson(state)) differs from the state`);
    return json;
  };
  let beginning: string | undefined;
  try {
    agent.state();
    beginning = text('before training');
  } catch (error) {
    if ((error as Error).message.startsWith('checkAgent')) throw error;
    contract.advise(`state: not checked: ${(error as Error).message}`);
  }
  const states: string[] = [];
  const reports: TrainReport[] = [];
  let [step, updates] = [0, 0];
  for await (const report of train()) {
    const where = `train: report ${reports.length}`;
    contract.expect(
      Number.isInteger(report.step) && report.step > step,
      () => `${where}: step: got ${report.step} after ${step}, expected an integer above it`,
    );
    contract.expect(
      Number.isInteger(report.updates) && report.updates >= updates,
      () => `${where}: updates: got ${report.updates} after ${updates}, expected an integer no less`,
    );
    contract.expect(
      Array.isArray(report.episodes),
      () => `${where}: episodes: got ${typeof report.episodes}, expected an array`,
    );
    for (const [key, value] of Object.entries(report)) {
      const isNumber = typeof value !== 'number' || Number.isFinite(value);
      contract.expect(isNumber, () => `${where}: ${key}: got ${value}, expected a finite number`);
    }
    [step, updates] = [report.step, report.updates];
    reports.push(report);
    if (beginning !== undefined) states.push(text(`after report ${reports.length - 1}`));
  }
  contract.expect(step >= steps, () => `train: ended at step ${step}, expected ${steps} or more`);
  if (updates === 0) contract.advise(`no update in ${steps} steps: give more`);
  if (reports.length < 2) contract.advise(`one report in ${steps} steps, and no state between two: give more`);
  if (beginning !== undefined) {
    const end = text('after training');
    const other = { ...(stateFromJson(end) as AgentState), agent: `not ${name}` };
    contract.expect(
      await refuses(() => agent.setState(other)),
      () => `setState: took the state of an agent '${other.agent}', expected an error`,
    );
    const middle = Math.floor((reports.length - 1) / 2);
    const ways: [from: string, state: string, first: number][] = [
      ...(reports.length > 1 ? [['the middle', states[middle]!, middle + 1] as [string, string, number]] : []),
      ['the beginning', beginning, 0],
    ];
    const after = tf.memory().numTensors;
    const same = (what: string, wanted: unknown, got: unknown) => {
      const difference = firstDifference(wanted, got, '');
      contract.expect(
        difference === undefined,
        () =>
          `setState: trained on from ${what} differs: ${difference}; something is not in the state, or not from rng`,
      );
    };
    for (const [from, state, first] of ways) {
      agent.setState(stateFromJson(state) as AgentState);
      let at = first;
      for await (const report of train()) {
        same(`${from}, report ${at}`, reports[at], report);
        at++;
      }
      contract.expect(
        at === reports.length,
        () => `setState: trained on from ${from}: got ${at} reports, expected ${reports.length}`,
      );
      same(`${from}, the final state`, JSON.parse(end), JSON.parse(text('after training')));
    }
    const left = tf.memory().numTensors - after;
    contract.expect(left <= 0, () => `train: two more trainings leave ${left} more tensors, expected none`);
  }
  agent.dispose();
  const left = tf.memory().numTensors - before;
  contract.expect(left <= 0, () => `dispose: ${left} tensors that the trainings made are left, expected none`);
  return contract.advice;
}

/** Where two plain values differ first, and how; undefined if they do not. */
function firstDifference(wanted: unknown, got: unknown, path: string): string | undefined {
  if (Object.is(wanted, got)) return undefined;
  const areObjects = [wanted, got].every((value) => typeof value === 'object' && value !== null);
  if (!areObjects) return `${path.slice(1) || 'it'}: got ${show(got)}, expected ${show(wanted)}`;
  const [a, b] = [wanted, got] as [Record<string, unknown>, Record<string, unknown>];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = firstDifference(a[key], b[key], `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a call, or the promise that it gives, throws. */
async function refuses(call: () => unknown): Promise<boolean> {
  try {
    await call();
    return false;
  } catch {
    return true;
  }
}
