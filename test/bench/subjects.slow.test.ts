import { describe, expect, test } from 'vitest';
import { matchingAct, matchingStep } from '../../bench/matchingSubjects.ts';
import type { PeerInputs } from '../../bench/subjects.ts';
import { agentUpdate, UPDATED_AGENTS } from '../../bench/updateSubjects.ts';
import { mlp, type Variables } from '../oracle/mlp.ts';

/*
 * A twin of another framework starts from what a subject sends, and must come to what the subject shows. Here plain numbers are the twin.
 */

const BATCH = 4;
const WIDTH = 5;
const relu = (x: number) => Math.max(x, 0);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The networks that were sent, of three layers each. */
function networksOf({ parameters }: PeerInputs): ((x: number[]) => number[])[] {
  return Array.from({ length: parameters.length / 6 }, (_, n) => {
    const variables: Variables = Object.fromEntries(
      [0, 1, 2].flatMap((layer) =>
        ['kernel', 'bias'].map((kind, i) => [`layers.${layer}.${kind}`, [...parameters[6 * n + 2 * layer + i]!]]),
      ),
    );
    return (x) => mlp(variables, x, relu);
  });
}

const rowsOf = (values: readonly number[], size: number) =>
  Array.from({ length: values.length / size }, (_, i) => values.slice(i * size, (i + 1) * size));

/** E[‖v(x_t, t | o) − (a − ε)‖²] over rows and numbers. */
function matchingLoss(field: (x: number[]) => number[], columns: Record<string, number[][]>): number {
  const { observations, actions, noise, times } = columns;
  return mean(
    observations!.flatMap((observation, i) => {
      const [action, epsilon, t] = [actions![i]!, noise![i]!, times![i]![0]!];
      const velocity = field([...action.map((a, j) => (1 - t) * epsilon[j]! + t * a), t, ...observation]);
      return velocity.map((v, j) => (v - (action[j]! - epsilon[j]!)) ** 2);
    }),
  );
}

describe('flow matching', () => {
  test('a step sends what its first loss is of', async () => {
    const subject = matchingStep(WIDTH, BATCH);
    const [field] = networksOf(subject.inputs);
    const { losses } = await subject.show();
    expect(losses![0]).toBeCloseTo(matchingLoss(field!, subject.inputs.data as never), 5);
    // Eight updates of Adam.
    expect(losses).toHaveLength(8);
    expect(losses![7]).toBeLessThan(losses![0]!);
    expect(await subject.run()).toBeTypeOf('number');
    subject.dispose();
  });

  test('acting sends the noise that it carries, in five steps of the midpoint', async () => {
    const subject = matchingAct(WIDTH, BATCH);
    const [field] = networksOf(subject.inputs);
    const { observations, noise } = subject.inputs.data as Record<string, number[][]>;
    const actions = observations!.flatMap((observation, i) => {
      let x = noise![i]!;
      for (let step = 0; step < 5; step++) {
        const middle = field!([...x, step / 5, ...observation]).map((v, j) => x[j]! + v / 10);
        x = field!([...middle, (step + 0.5) / 5, ...observation]).map((v, j) => x[j]! + v / 5);
      }
      return x.map((value) => Math.min(Math.max(value, -1), 1));
    });
    (await subject.show()).action!.forEach((action, i) => expect(action).toBeCloseTo(actions[i]!, 5));
    expect(await subject.difference({ action: actions.slice(1) })).toBe(Number.POSITIVE_INFINITY);
    expect(await subject.difference({ action: actions.map((action) => action + 0.5) })).toBeCloseTo(0.5, 4);
    subject.dispose();
  });
});

interface SentBatch extends Record<string, number[] | Record<string, number[]>> {
  readonly draws: Record<string, number[]>;
}

/** The first minibatch that was sent, row by row, with what its update draws. */
function firstBatch({ data }: PeerInputs) {
  const { draws, ...columns } = (data.batches as SentBatch[])[0]!;
  const sizes: Record<string, number> = { observations: 11, nextObservations: 11, actions: 3, next: 3, noise: 3 };
  const all = { ...(columns as Record<string, number[]>), ...draws };
  return Object.fromEntries(Object.entries(all).map(([name, values]) => [name, rowsOf(values, sizes[name] ?? 1)]));
}

describe('updates of agents that learn from data', () => {
  test("FQL's sends the minibatches and the draws that the behaviour learns from", async () => {
    const subject = agentUpdate('fql', WIDTH, BATCH);
    const [, field] = networksOf(subject.inputs);
    const { losses } = await subject.show();
    expect(losses![2]).toBeCloseTo(matchingLoss(field!, firstBatch(subject.inputs)), 5);
    subject.dispose();
  });

  test.each(UPDATED_AGENTS)(
    '%s begins anew from the same numbers, and says how far others are from it',
    async (name) => {
      const subjects = [0, 1, 2].map(() => agentUpdate(name, WIDTH, BATCH));
      const shown = await subjects[0]!.show();
      expect(await subjects[1]!.difference(shown)).toBe(0);
      const moved = shown.losses!.map((loss, i) => (i === 9 ? loss + 0.25 : loss));
      expect(await subjects[2]!.difference({ losses: moved })).toBeCloseTo(0.25, 6);
      expect(await subjects[0]!.run()).toBeTypeOf('number');
      for (const subject of subjects) subject.dispose();
    },
  );
});
