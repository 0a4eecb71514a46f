import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { type Agent, type AgentState, checkAgent, type TrainOptions, type TrainReport } from '../../agents/index.ts';
import { Rng } from '../../src/index.ts';

interface Parts extends Record<string, unknown> {
  weight: number;
  momentum: number;
  step: number;
  seed: string | null;
  rng: unknown;
}

/** Walks a number towards 0 with momentum and noise, ten steps a report; a change breaks it. */
class Walker implements Agent {
  weight = 1;
  momentum = 0;
  #step = 0;
  #rng: Rng | undefined;
  #goesOn = false;
  readonly #kept: tf.Tensor[] = [];
  readonly change: Changes;

  constructor(change: Changes = {}) {
    this.change = change;
  }

  async *train({ steps, rng }: TrainOptions): AsyncGenerator<TrainReport, void, undefined> {
    const { change } = this;
    if (!change.takesAnySteps && !(Number.isInteger(steps) && steps > 0)) throw new Error(`Walker.train: got ${steps}`);
    if (!this.#goesOn) {
      this.#step = 0;
      this.#rng = rng.split('noise');
    }
    this.#goesOn = false;
    while (this.#step < (change.endsEarly ? steps - 20 : steps)) {
      for (let i = 0; i < 10; i++) {
        const noise = change.isWild ? Math.random() : this.#rng!.normal();
        this.momentum = 0.9 * this.momentum - 0.01 * (this.weight + noise);
        this.weight += this.momentum;
      }
      this.#step += 10;
      if (change.leaks) this.#kept.push(tf.scalar(1));
      const step = change.standsStill ? 10 : this.#step;
      yield { step, updates: this.#step, episodes: [], ...(change.isNaN && { loss: Number.NaN }) } as TrainReport;
    }
  }

  state(): AgentState {
    const parts: Parts = {
      weight: this.weight,
      momentum: this.momentum,
      step: this.#step,
      seed: this.#rng?.seed ?? null,
      rng: this.#rng?.state() ?? null,
    };
    for (const name of this.change.forgets ?? []) delete parts[name];
    return { agent: 'Walker', version: 1, parts: this.change.hasFunctions ? { ...parts, f: () => 0 } : parts };
  }

  setState({ agent, parts }: AgentState): void {
    if (agent !== 'Walker' && !this.change.takesAny) throw new Error('Walker.setState: another agent');
    const { weight, momentum, step, rng } = parts as Partial<Parts>;
    const forgets = this.change.forgets ?? [];
    if (!forgets.includes('weight')) this.weight = weight!;
    if (!forgets.includes('momentum')) this.momentum = momentum!;
    if (!forgets.includes('step')) this.#step = step!;
    if (!forgets.includes('rng') && rng !== null) this.#rng = Rng.fromState(rng as never);
    this.#goesOn = rng !== null;
  }

  dispose(): void {
    if (!this.change.leaks) tf.dispose(this.#kept);
  }
}

interface Changes {
  readonly forgets?: readonly string[];
  readonly takesAny?: boolean;
  readonly takesAnySteps?: boolean;
  readonly endsEarly?: boolean;
  readonly isWild?: boolean;
  readonly isNaN?: boolean;
  readonly leaks?: boolean;
  readonly standsStill?: boolean;
  readonly hasFunctions?: boolean;
}

test('a right one passes', async () => {
  expect(await checkAgent(new Walker(), { steps: 60, rng: new Rng(0) })).toEqual([]);
  expect(await checkAgent(new Walker(), { steps: 10 })).toEqual([expect.stringMatching(/^one report in 10 steps/)]);
});

test.each<[string, Changes, RegExp]>([
  [
    'setState forgets the momentum',
    { forgets: ['momentum'] },
    /Walker\.setState: .*parts\.momentum|parts\.weight: got/,
  ],
  ['setState forgets the weight', { forgets: ['weight'] }, /final state differs: parts\.momentum: got/],
  ['setState forgets the step', { forgets: ['step'] }, /trained on from the middle/],
  ['setState forgets the stream', { forgets: ['rng'] }, /trained on from/],
  ['randomness that is not from rng', { isWild: true }, /final state differs/],
  ['a state of another agent is taken', { takesAny: true }, /Walker\.setState: took the state of an agent/],
  ['any steps are taken', { takesAnySteps: true }, /Walker\.train: took steps of 0/],
  ['it ends too early', { endsEarly: true }, /Walker\.train: ended at step 40/],
  ['a loss of NaN', { isNaN: true }, /Walker\.train: report 0: loss: got NaN/],
  ['a step that stands still', { standsStill: true }, /Walker\.train: report 1: step: got 10 after 10/],
  ['functions in the state', { hasFunctions: true }, /Walker\.state: .*function/],
  ['tensors that are left', { leaks: true }, /Walker\.train: .* more tensors/],
])('a wrong one is found: %s', async (_, change, message) => {
  await expect(checkAgent(new Walker(change), { steps: 60, rng: new Rng(0) })).rejects.toThrow(message);
});
