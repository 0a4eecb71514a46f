import * as tf from '@tensorflow/tfjs-core';
import { Rng } from '../src/index.ts';
import { checkInterface, checkOptions } from '../src/options/parse.ts';
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
  if (!(Number.isInteger(steps) && steps > 0)) {
    throw new Error(`checkAgent: steps: got ${steps}, expected a positive integer`);
  }
  const { name } = agent.constructor;
  const expect = (condition: boolean, problem: () => string) => {
    if (!condition) throw new Error(`checkAgent: ${name}.${problem()}`);
  };
  const advice: string[] = [];
  const before = tf.memory().numTensors;
  const train = (count = steps) => agent.train({ steps: count, rng: rng.split('training') });
  for (const wrong of [0, 1.5]) {
    // It may be refused by the call, or by the stream.
    const isRefused = await (async () => train(wrong).next())().then(
      () => false,
      () => true,
    );
    expect(isRefused, () => `train: took steps of ${wrong}, expected an error: a positive integer`);
  }
  const text = (what: string) => {
    try {
      const json = stateToJson(agent.state());
      const again = stateToJson(stateFromJson(json));
      expect(json === again, () => `state: ${what}: stateFromJson(stateToJson(state)) differs from the state`);
      return json;
    } catch (error) {
      throw new Error(`checkAgent: ${name}.state: ${what}: ${(error as Error).message}`);
    }
  };
  let beginning: string | undefined;
  try {
    agent.state();
    beginning = text('before training');
  } catch (error) {
    if ((error as Error).message.startsWith('checkAgent')) throw error;
    advice.push(`state: not checked: ${(error as Error).message}`);
  }
  const states: string[] = [];
  const reports: TrainReport[] = [];
  let [step, updates] = [0, 0];
  for await (const report of train()) {
    const where = `train: report ${reports.length}`;
    expect(
      Number.isInteger(report.step) && report.step > step,
      () => `${where}: step: got ${report.step} after ${step}, expected an integer above it`,
    );
    expect(
      Number.isInteger(report.updates) && report.updates >= updates,
      () => `${where}: updates: got ${report.updates} after ${updates}, expected an integer no less`,
    );
    expect(
      Array.isArray(report.episodes),
      () => `${where}: episodes: got ${typeof report.episodes}, expected an array`,
    );
    for (const [key, value] of Object.entries(report)) {
      const isNumber = typeof value !== 'number' || Number.isFinite(value);
      expect(isNumber, () => `${where}: ${key}: got ${value}, expected a finite number`);
    }
    [step, updates] = [report.step, report.updates];
    reports.push(report);
    if (beginning !== undefined) states.push(text(`after report ${reports.length - 1}`));
  }
  expect(step >= steps, () => `train: ended at step ${step}, expected ${steps} or more`);
  if (updates === 0) advice.push(`no update in ${steps} steps: give more`);
  if (reports.length < 2) advice.push(`one report in ${steps} steps, and no state between two: give more`);
  if (beginning !== undefined) {
    const end = text('after training');
    const other = { ...(stateFromJson(end) as AgentState), agent: `not ${name}` };
    let isTaken = true;
    try {
      agent.setState(other);
    } catch {
      isTaken = false;
    }
    expect(!isTaken, () => `setState: took the state of an agent '${other.agent}', expected an error`);
    const middle = Math.floor((reports.length - 1) / 2);
    const ways: [from: string, state: string, first: number][] = [
      ...(reports.length > 1 ? [['the middle', states[middle]!, middle + 1] as [string, string, number]] : []),
      ['the beginning', beginning, 0],
    ];
    const after = tf.memory().numTensors;
    for (const [from, state, first] of ways) {
      agent.setState(stateFromJson(state) as AgentState);
      let at = first;
      for await (const report of train()) {
        const difference = firstDifference(reports[at], report, '');
        expect(
          difference === undefined,
          () =>
            `setState: trained on from ${from}, report ${at} differs: ${difference}; something is not in the state, or not from rng`,
        );
        at++;
      }
      expect(
        at === reports.length,
        () => `setState: trained on from ${from}: got ${at} reports, expected ${reports.length}`,
      );
      const difference = firstDifference(JSON.parse(end), JSON.parse(text('after training')), '');
      expect(
        difference === undefined,
        () =>
          `setState: trained on from ${from}, the final state differs: ${difference}; something is not in the state, or not from rng`,
      );
    }
    const left = tf.memory().numTensors - after;
    expect(left <= 0, () => `train: two more trainings leave ${left} more tensors, expected none`);
  }
  agent.dispose();
  const left = tf.memory().numTensors - before;
  expect(left <= 0, () => `dispose: ${left} tensors that the trainings made are left, expected none`);
  return advice;
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

function show(value: unknown): string {
  const shown = JSON.stringify(value) ?? 'undefined';
  return shown.length > 60 ? `${shown.slice(0, 57)}…` : shown;
}
