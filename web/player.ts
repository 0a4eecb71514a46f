/** Plays episodes of a policy on a page: the script of what `oxbow export --html` writes. Nothing is loaded, and no TensorFlow.js is in it. */
import type { PagePolicy } from '../cli/report/policyPage.ts';
import { builtinEnvs } from '../envs/builtinEnvs.ts';
import { type EnvRegistration, loadEnv, make, register, registerLoader } from '../envs/core/registry.ts';
import { ChunkedActions } from '../src/policies/actionChunks.ts';
import { ObservationLayout } from '../src/policies/observationLayout.ts';
import { Rng } from '../src/random.ts';

const all: Readonly<Record<string, Omit<EnvRegistration, 'id'>>> = builtinEnvs;
for (const [id, env] of Object.entries(all)) register({ id, ...env });
registerLoader('box2d', async () => {
  await import('../envs/box2d/registerBox2d.ts');
  await (await import('../envs/box2d/loadBox2d.ts')).loadBox2d();
});

const element = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;
const [stage, facts] = [element('stage'), element('facts')];
const [play, again] = [element<HTMLButtonElement>('play'), element<HTMLButtonElement>('again')];
const speed = element<HTMLSelectElement>('speed');
const {
  env: id,
  envOptions,
  program,
  actions,
  chunk,
  actionDim,
  interval,
} = JSON.parse(element('data').textContent) as PagePolicy;
await loadEnv(id);
const env = make(id, envOptions) as ReturnType<typeof make<unknown, unknown>>;
const layout = new ObservationLayout('the page', env.observationSpace);

const bytesOf = (text: string) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const memory = new WebAssembly.Memory({ initial: program.pages });
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytesOf(program.module)), { env: { memory } });
for (const { address, bytes } of program.data) new Uint8Array(memory.buffer).set(bytesOf(bytes), address);
const at = ({ address, size }: { address: number; size: number }) => new Float32Array(memory.buffer, address, size);
const { observations, state } = program.inputs;
const { action, nextState } = program.outputs;

const rng = new Rng('page');
const chunks = new ChunkedActions({ actionDim, ...(chunk && { chunk }) }, 1);

/** A chunk of actions, or one. */
function take(observation: unknown): Float32Array {
  at(observations!).set(layout.flat(observation));
  for (const { kind, size, address } of program.draws) {
    const target = address === undefined ? new Float32Array(size) : at({ address, size });
    if (kind === 'normal') rng.fillNormal(target);
    else rng.fillUniform(target);
  }
  (exports.run as () => void)();
  if (state && nextState) at(state).set(at(nextState));
  return at(action!);
}

function actionFor(observation: unknown): unknown {
  const chosen = chunks.next(() => take(observation));
  if (actions === 'box') return Float32Array.from(chosen);
  if (actions === 'choice') return chosen[0];
  return actions === 'choices' ? Int32Array.from(chosen) : Uint8Array.from(chosen);
}

let episode = -1;
let observation: unknown;
let [step, total] = [0, 0];
let ended = '';
let playing = false;
let due = 0;

const number = (x: number) => String(Number(x.toPrecision(4))).replace('-', '−');

function show(): void {
  stage.innerHTML = env.render!();
  facts.textContent = `Episode ${episode + 1}, step ${step}, return ${number(total)}${ended && `, ${ended}`}`;
}

function begin(): void {
  episode++;
  [observation] = env.reset({ seed: `page/${episode}` });
  if (state) at(state).fill(0);
  chunks.reset();
  [step, total, ended] = [0, 0, ''];
  show();
}

function advance(): void {
  const [next, reward, terminated, truncated, info] = env.step(actionFor(observation));
  observation = next;
  step++;
  total += reward;
  if (terminated || truncated) ended = String(info.outcome ?? (terminated ? 'terminated' : 'time is up'));
}

/** Milliseconds for which an episode's end is shown. */
const PAUSE = 1200;
/** Steps of one picture at most: a page that was hidden does not catch up. */
const MOST = 16;

function tick(now: number): void {
  if (!playing) return;
  requestAnimationFrame(tick);
  if (now < due) return;
  if (ended) {
    begin();
    return;
  }
  const length = interval / Number(speed.value);
  for (let i = 0; due <= now && i < MOST && !ended; i++) {
    advance();
    due += length;
  }
  due = ended ? now + PAUSE : Math.max(due, now - length);
  show();
}

function setPlaying(now: boolean): void {
  playing = now;
  play.textContent = now ? 'Pause' : 'Play';
  if (!now) return;
  due = performance.now();
  requestAnimationFrame(tick);
}

play.addEventListener('click', () => setPlaying(!playing));
again.addEventListener('click', () => {
  begin();
  due = performance.now();
});
begin();
if (!matchMedia('(prefers-reduced-motion: reduce)').matches) setPlaying(true);
