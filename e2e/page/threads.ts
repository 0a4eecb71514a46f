/** PPO's rollout and updates by one thread and by two, in a page or a worker: their fingerprints, and whether threads help, as JSON. */
import { Ppo } from '../../agents/ppo.ts';
import { makeVec } from '../../envs/index.ts';
import { Code, encodeModule } from '../../src/engine/wasm/code.ts';
import { Team } from '../../src/engine/wasm/team.ts';
import { fingerprint } from '../../src/fingerprint.ts';
import { makePolicy, Rng, selectEngine } from '../../src/index.ts';

async function update(threads: number) {
  const { line } = await selectEngine('wasm', { threads });
  const env = makeVec('Pendulum-v1', { numEnvs: 8 });
  const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = env;
  const policy = makePolicy('gaussian', { observationSpace, actionSpace, rng: new Rng('policy') });
  const agent = new Ppo({ policy, env, rng: new Rng('agent'), horizon: 128, batchSize: 512, epochs: 2 });
  const reports = [];
  for await (const report of agent.train({ steps: 4096, rng: new Rng('train') })) reports.push(report);
  const result = fingerprint({ reports, policy: policy.stateDict() });
  agent.dispose();
  policy.dispose();
  return { line, result };
}

/** A function of one part that writes 1 where the part says. */
function program(): WebAssembly.Module {
  const code = new Code(['i32']);
  code.get(0);
  code.i32(4);
  code.op('i32.mul');
  code.i32(1);
  code.memory('i32.store', 0);
  return new WebAssembly.Module(encodeModule([{ name: 'kernel0', code }], { sharedPages: 2 }));
}

/**
 * Whether a thread does a part within some seconds in which the page has no turn.
 * @param waits whether threads are waited for before
 */
async function isHelped(waits: boolean): Promise<boolean> {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
  const done = new Int32Array(memory.buffer, 0, 4);
  const team = new Team(memory, 2);
  if (waits) await team.ready();
  const number = team.load([program()]);
  for (let round = 0; round < 5; round++) {
    done.fill(0);
    team.begin();
    team.share(number, 0, done.length, () => {
      const end = performance.now() + 100;
      while (performance.now() < end && done.every((_, part) => Atomics.load(done, part) === 0));
    });
    team.end();
    if (done.includes(1)) break;
  }
  team.stop();
  return done.includes(1);
}

const isMain = 'document' in globalThis;
const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === true;
const [one, two] = [await update(1), await update(2)];
console.log(
  JSON.stringify({
    isMain,
    isolated,
    one,
    two,
    isHelped: isolated && (await isHelped(true)),
    isUnasked: isolated && (await isHelped(false)),
  }),
);
