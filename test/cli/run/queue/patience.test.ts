import { describe, expect, it, vi } from 'vitest';
import { Patience, refusalOf } from '../../../../cli/run/queue/redis.ts';

const full = () => Promise.reject(new Error("OOM command not allowed when used memory > 'maxmemory'."));

describe('a Redis that takes nothing', () => {
  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'. script: 2f1a, on @user_script:222.", /memory is full/],
    ['ERR Error running script (call to f_1): @user_script:1: -OOM command not allowed', /memory is full/],
    ['MISCONF Redis is configured to save RDB snapshots', /cannot save to its disk/],
    ["READONLY You can't write against a read only replica.", /replica/],
    ['LOADING Redis is loading the dataset in memory', /still reading/],
    ['BUSY Redis is busy running a script.', /busy/],
  ])('is known by %j', (message, why) => {
    expect(refusalOf(new Error(message))).toMatch(why);
  });

  it.each(['ERR unknown command', 'NOPERM this user has no permissions', 'ROOM for more', 'Connection is closed.'])(
    'is not what %j says',
    (message) => expect(refusalOf(new Error(message))).toBeUndefined(),
  );

  it('is asked again until it takes, by all who wait, and that is said in two lines', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const lines: string[] = [];
    const patience = new Patience('alpha:6379', (line) => lines.push(line));
    let isFull = true;
    const { signal } = new AbortController();
    const ask = (answer: number) => patience.until(() => (isFull ? full() : Promise.resolve(answer)), signal);
    const both = Promise.all([ask(1), ask(2)]);
    await vi.waitFor(() => expect(lines.length).toBe(1));
    expect(patience.isWaiting).toBe(true);
    isFull = false;
    expect(await both).toEqual([1, 2]);
    expect(patience.isWaiting).toBe(false);
    const said = [
      'Redis at alpha:6379 takes nothing new: its memory is full (maxmemory). Waiting, nothing is lost',
      'Redis at alpha:6379 takes what it is told again',
    ];
    expect(lines).toEqual(said);
    // At the limit it may come and go: the same is not said twice in a minute.
    patience.refused(new Error('OOM command'));
    patience.accepted();
    expect(lines).toEqual(said);
    vi.advanceTimersByTime(61_000);
    patience.refused(new Error('OOM command'));
    patience.accepted();
    expect(lines).toEqual([...said, ...said]);
    vi.useRealTimers();
  });

  it('is not waited for after the end, and other errors are not waited for', async () => {
    const patience = new Patience('alpha:6379', () => {});
    const controller = new AbortController();
    const waiting = patience.until(full, controller.signal);
    controller.abort();
    await expect(waiting).rejects.toThrow('OOM');
    const { signal } = new AbortController();
    await expect(patience.until(() => Promise.reject(new Error('ERR')), signal)).rejects.toThrow('ERR');
  });
});
