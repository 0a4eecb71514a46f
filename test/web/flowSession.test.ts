import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { flowSession } from '../../web/lab/flowSession.ts';
import type { FlowReply, FlowRequest } from '../../web/lab/flowSetting.ts';

/** A worker that answers when it is told to. */
class FakeWorker {
  static all: FakeWorker[] = [];
  readonly requests: FlowRequest[] = [];
  onmessage: ((event: { data: FlowReply }) => void) | undefined;
  isEnded = false;

  constructor() {
    FakeWorker.all.push(this);
  }

  postMessage(request: FlowRequest): void {
    this.requests.push(request);
  }

  terminate(): void {
    this.isEnded = true;
  }

  says(...replies: FlowReply[]): void {
    for (const data of replies) this.onmessage!({ data });
  }
}

const shown = { kind: 'state', stages: [], density: new Float32Array() } as const satisfies FlowReply;
const last = () => FakeWorker.all.at(-1)!;

beforeAll(() => vi.stubGlobal('Worker', FakeWorker));
afterAll(() => vi.unstubAllGlobals());

test('who comes back by a link without choices finds what was trained', () => {
  flowSession.open('#target=rings&seed=3');
  last().says(shown);
  flowSession.train();
  last().says({ kind: 'report', step: 2000, value: 1 }, { kind: 'done', seconds: 1 });
  const workers = FakeWorker.all.length;
  flowSession.open('');
  expect(FakeWorker.all).toHaveLength(workers);
  expect(flowSession.setting.value).toMatchObject({ target: 'rings', seed: 3 });
  expect([flowSession.phase.value, flowSession.reports.value.length]).toEqual(['trained', 1]);
  flowSession.open('#seed=4');
  expect(flowSession.setting.value).toMatchObject({ target: 'two-moons', seed: 4 });
  expect([flowSession.phase.value, last().isEnded]).toEqual(['empty', false]);
});

test('after a training that has stopped with an error, another one begins anew', () => {
  flowSession.open('#seed=5');
  last().says(shown);
  flowSession.train();
  const first = last();
  first.says({ kind: 'report', step: 50, value: 2 }, { kind: 'error', message: 'the loss is NaN' });
  expect(flowSession.problem.value).toBe('The computation has stopped: the loss is NaN');
  flowSession.train();
  expect([first.isEnded, last() === first]).toEqual([true, false]);
  expect(last().requests.map(({ kind }) => kind)).toEqual(['show', 'train']);
  expect([flowSession.problem.value, flowSession.phase.value]).toEqual([undefined, 'training']);
  expect(flowSession.reports.value).toEqual([]);
});
