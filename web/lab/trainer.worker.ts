import { memory } from '@tensorflow/tfjs-core';
import { policyFromJson, policyToJson, Rng, type StateDict, selectBackend, selectEngine } from 'oxbow';
import type { SoftLakeTask } from '../../common/lake.ts';
import { LabPolicy, labTraining } from './labPolicy.ts';
import { type KeptPolicy, MOST_BYTES, type Reply, type Request, type Walked } from './protocol.ts';
import { choices, type Setting, softTask } from './setting.ts';
import { followStrokes } from './strokes.ts';

/** Walks of a report, of which {@link DRAWN} are drawn; and those at the end, as many as the command line has. */
const [WALKS, DRAWN, LAST_WALKS] = [200, 40, 1000];

const engine = selectBackend().then(() => selectEngine('wasm'));
let lab: LabPolicy | undefined;
let setting: Setting | undefined;
/** What walks find blocked: the page may change it while a policy learns. */
let blocked: Setting['blocked'] = 'none';
let walked = 0;

function reply(message: Reply): void {
  postMessage(message);
}

/** The task that a file of the study says its policy has learned. */
function taskOf({ stride, temperature }: Readonly<Record<string, unknown>>): Partial<SoftLakeTask> {
  return typeof stride === 'number' && typeof temperature === 'number' ? { stride, temperature } : {};
}

/** The lake that a file says its policy walks on; where it does not say, the one that is chosen. @throws if that is no lake */
function lakeOf({ env }: Readonly<Record<string, unknown>>, chosen: Setting['env']): Setting['env'] {
  if (env === undefined) return chosen;
  if (typeof env === 'string' && Object.hasOwn(choices.env, env)) return env as Setting['env'];
  throw new Error(`The file's policy is of ${env}: wanted one of ${Object.keys(choices.env).join(' or ')}`);
}

/** The policy of a file. @throws if it holds none, with its name */
function policyOf({ name, json }: { readonly name: string; readonly json: string }): ReturnType<typeof policyFromJson> {
  const refuse = (reason: string) =>
    new Error(`${name} is no policy file: ${reason}. Wanted one that "Policy file" saves.`);
  try {
    JSON.parse(json);
  } catch {
    throw refuse('it is no JSON, or not all of it');
  }
  try {
    return policyFromJson(json);
  } catch (error) {
    throw refuse((error as Error).message.split('\n')[0]!.slice(0, 200));
  }
}

function jsonOf({ policy, task }: LabPolicy, { env }: Setting): string {
  return policyToJson(policy, { env, ...task });
}

/** What a reload of the page may find again. */
function keptOf(shown: LabPolicy, asked: Setting): KeptPolicy | undefined {
  const { snapshots } = shown;
  const numbers = snapshots.reduce((sum, state) => sum + numbersOf(state), 0);
  return 4 * numbers > MOST_BYTES ? undefined : { json: jsonOf(shown, asked), snapshots };
}

function numbersOf(state: StateDict): number {
  return Object.values(state).reduce((sum, { values }) => sum + values.length, 0);
}

/** Lets requests that wait be served. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function walk(shown: LabPolicy, { env }: Setting, count: number, rng: Rng): Walked {
  return { ...shown.walk({ env, blocked }, count, DRAWN, rng), blocked };
}

/** Keeps the present weights, and says how they walk. */
function report(
  shown: LabPolicy,
  progress: { step: number; steps: number; value: number | null },
  walks: Walked,
): void {
  // Returns are not what is learned while the temperature falls.
  const value = walks.metrics.kl ?? progress.value;
  reply({ kind: 'report', ...progress, value, snapshot: shown.keep(), tensors: memory().numTensors, ...walks });
}

async function train({ policy, setting: asked, strokes }: Extract<Request, { kind: 'train' }>): Promise<void> {
  const started = performance.now();
  const {
    reports,
    steps,
    policy: trained,
    dispose,
  } = labTraining(policy, asked, strokes && ((episodes, rng) => followStrokes(strokes, episodes, rng)));
  const shown = new LabPolicy(trained, asked.study === 'soft' ? softTask(asked) : undefined);
  lab = shown;
  const rng = new Rng(asked.seed);
  for await (const { step, value } of reports) {
    report(shown, { step, steps, value }, walk(shown, asked, WALKS, rng.split(`lab/${step}`)));
    await pause();
  }
  // As the command line measures it, with both banks open.
  const last = shown.walk({ ...asked, blocked: 'none' }, LAST_WALKS, DRAWN, rng.split('evaluation'));
  report(shown, { step: steps, steps, value: null }, { ...last, blocked: 'none' });
  reply({ kind: 'done', metrics: last.metrics, seconds: (performance.now() - started) / 1000 });
  if (blocked !== 'none') reply({ kind: 'walks', ...walk(shown, asked, WALKS, rng.split('lab/blocked')) });
  dispose();
}

async function serve(request: Request): Promise<void> {
  const ready = await engine;
  if (request.kind === 'train') {
    ({ setting } = request);
    ({ blocked } = setting);
    reply({ kind: 'ready', engine: String(ready) });
    return train(request);
  }
  if (request.kind === 'restore') {
    ({ setting } = request);
    ({ blocked } = setting);
    const policy = policyFromJson(request.kept.json).policy;
    lab = new LabPolicy(policy, setting.study === 'soft' ? softTask(setting) : undefined);
    lab.keepAll(request.kept.snapshots);
    return reply({ kind: 'restored' });
  }
  if (request.kind === 'load') {
    const { policy, about } = policyOf(request);
    setting = { ...request.setting, env: lakeOf(about, request.setting.env) };
    ({ blocked } = setting);
    lab = new LabPolicy(policy, policy.actionDim === 1 ? { ...softTask(setting), ...taskOf(about) } : undefined);
    const walks = walk(lab, setting, LAST_WALKS, new Rng(setting.seed).split('evaluation'));
    reply({ kind: 'loaded', policy: policy.config!.name, env: setting.env });
    report(lab, { step: 0, steps: 0, value: null }, walks);
    return reply({ kind: 'done', metrics: walks.metrics, seconds: 0 });
  }
  const shown = lab;
  if (shown === undefined || setting === undefined) throw new Error('nothing is trained yet');
  const asked = setting;
  if (request.kind === 'keep') return reply({ kind: 'kept', kept: keptOf(shown, asked) });
  shown.at(request.snapshot, () => {
    switch (request.kind) {
      case 'probe': {
        const { x, y } = request;
        const density = shown.density(x, y);
        if (!request.modes) return reply({ kind: 'density', density });
        const negentropy = shown.negentropy(x, y);
        return reply({ kind: 'density', density: { ...density, negentropy }, modes: shown.modes(x, y) });
      }
      case 'walk': {
        ({ blocked } = request);
        const rng = new Rng(asked.seed);
        // Back at the end, both banks open: the walks that it ended with.
        const isEnd = request.snapshot === undefined && blocked === 'none';
        const walks = isEnd
          ? walk(shown, asked, LAST_WALKS, rng.split('evaluation'))
          : walk(shown, asked, WALKS, rng.split(`lab/walk-${walked++}`));
        return reply({ kind: 'walks', ...walks });
      }
      case 'file': {
        const bytes =
          request.format === 'onnx' ? shown.policy.toOnnx().model : new TextEncoder().encode(jsonOf(shown, asked));
        return reply({ kind: 'file', name: `policy.${request.format}`, bytes });
      }
    }
  });
}

addEventListener('message', ({ data }: MessageEvent<Request>) => {
  serve(data).catch((error: Error) => reply({ kind: 'error', message: error.message }));
});
