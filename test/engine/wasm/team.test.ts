import { afterEach, describe, expect, test } from 'vitest';
import { Code, encodeModule } from '../../../src/engine/wasm/code.ts';
import { Team } from '../../../src/engine/wasm/team.ts';

const PAGES = 2;
/** So that more than one thread must do them: the caller waits in each of its own until another is done. */
const PARTS = 4;

/** `kernel0` sets the integer of its part to the part's number and 1, `kernel1` reads beyond the memory. */
function program(): WebAssembly.Module {
  const write = new Code(['i32']);
  write.get(0);
  write.i32(4);
  write.op('i32.mul');
  write.get(0);
  write.i32(1);
  write.op('i32.add');
  write.memory('i32.store', 0);
  const trap = new Code(['i32']);
  trap.i32(0);
  trap.i32(-4);
  trap.memory('i32.load', 0);
  trap.memory('i32.store', 0);
  const functions = [
    { name: 'kernel0', code: write },
    { name: 'kernel1', code: trap },
  ];
  return new WebAssembly.Module(encodeModule(functions, { sharedPages: PAGES }));
}

describe('a team', () => {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
  const done = new Int32Array(memory.buffer, 0, PARTS);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  let team: Team;

  afterEach(() => {
    team.stop();
    done.fill(0);
  });

  /** The parts that are done here, each when a thread has done another one. */
  function shareWithThreads(kernel: number, others: () => boolean): number[] {
    const own: number[] = [];
    const number = team.load([program()]);
    team.begin();
    try {
      team.share(number, kernel, PARTS, (part) => {
        own.push(part);
        const end = performance.now() + 60_000;
        while (!others() && performance.now() < end) Atomics.wait(pause, 0, 0, 1);
      });
    } finally {
      team.end();
    }
    return own;
  }

  test.each([2, 3])('of %s: threads do parts, each is done once', (threads) => {
    team = new Team(memory, threads);
    const own = shareWithThreads(0, () => done.some((part) => part !== 0));
    expect(own.length).toBeGreaterThan(0);
    expect(own.length).toBeLessThan(PARTS);
    expect([...done]).toEqual(Array.from({ length: PARTS }, (_, part) => (own.includes(part) ? 0 : part + 1)));
  });

  test('that sleeps is woken, and gets programs that come later', async () => {
    team = new Team(memory, 2);
    for (let round = 0; round < 3; round++) {
      done.fill(0);
      expect(shareWithThreads(0, () => done.some((part) => part !== 0)).length).toBeLessThan(PARTS);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  test('what a thread throws is thrown here', () => {
    team = new Team(memory, 2);
    let waits = 0;
    const fail = () => shareWithThreads(1, () => waits++ > 200);
    // The thread may take a while to start: until then all parts are done here.
    for (let round = 0; round < 100; round++) {
      waits = 0;
      try {
        fail();
      } catch (error) {
        expect((error as Error).message).toBe(
          'a thread of the engine failed: RuntimeError: memory access out of bounds',
        );
        return;
      }
    }
    expect.unreachable();
  });

  test('what is thrown here is thrown when all parts are done', () => {
    team = new Team(memory, 2);
    const number = team.load([program()]);
    const own: number[] = [];
    const fail = () =>
      team.share(number, 0, PARTS, (part) => {
        own.push(part);
        throw new Error('here');
      });
    expect(fail).toThrow('here');
    for (const [part, value] of done.entries()) expect(value === part + 1).toBe(!own.includes(part));
  });

  test('that is stopped leaves all parts to the caller', () => {
    team = new Team(memory, 2);
    const number = team.load([program()]);
    team.stop();
    const own: number[] = [];
    team.share(number, 0, PARTS, (part) => own.push(part));
    expect(own).toEqual([3, 2, 1, 0]);
    expect(team.load([program()])).toBe(number + 1);
  });
});
