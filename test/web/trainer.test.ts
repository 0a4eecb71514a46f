import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Reply, Request } from '../../web/lab/protocol.ts';
import { usualSetting } from '../../web/lab/setting.ts';
import { makeTrainer } from '../../web/lab/trainer.ts';

/** A worker that answers when it is told to. */
class FakeWorker {
  static all: FakeWorker[] = [];
  onmessage: ((event: { data: Reply }) => void) | undefined;
  onerror: ((event: { message: string }) => void) | undefined;
  isEnded = false;

  constructor() {
    FakeWorker.all.push(this);
  }

  postMessage(_: Request): void {}

  terminate(): void {
    this.isEnded = true;
  }
}

beforeEach(() => {
  FakeWorker.all = [];
  vi.stubGlobal('Worker', FakeWorker);
  vi.stubGlobal('navigator', { onLine: true });
});
afterEach(() => vi.unstubAllGlobals());

const make = () => makeTrainer(() => ({ probe: { x: 0, y: 0 }, snapshot: undefined, blocked: 'none' }));
const train = { kind: 'train', setting: usualSetting, policy: 'gaussian' } as const satisfies Request;
const load = { kind: 'load', name: 'a.json', json: '{}', setting: usualSetting } as const satisfies Request;

test('a file that cannot be loaded leaves the training that is shown', () => {
  const trainer = make();
  trainer.begin(train);
  trainer.load(load);
  const [training, loading] = FakeWorker.all as [FakeWorker, FakeWorker];
  loading.onerror!({ message: '' });
  expect(trainer.error.value).toMatch(/could not be loaded/);
  expect([trainer.state.value, training.isEnded, loading.isEnded]).toEqual(['training', false, true]);
  training.onerror!({ message: 'out of memory' });
  expect(trainer.state.value).toBe('idle');
});

test('what was asked for last counts, not the file that is read meanwhile', () => {
  const trainer = make();
  trainer.load(load);
  trainer.load(load);
  trainer.begin(train);
  const [first, second, training] = FakeWorker.all as [FakeWorker, FakeWorker, FakeWorker];
  expect([first.isEnded, second.isEnded, training.isEnded]).toEqual([true, true, false]);
  trainer.load(load);
  const last = FakeWorker.all.at(-1)!;
  last.onmessage!({ data: { kind: 'loaded', policy: 'spline', env: 'Lake-v0' } });
  expect([training.isEnded, last.isEnded, trainer.loaded.value?.policy]).toEqual([true, false, 'spline']);
  trainer.load(load);
  trainer.forget();
  expect(FakeWorker.all.at(-1)!.isEnded).toBe(true);
});
