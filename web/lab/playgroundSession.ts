import { withBase } from 'vitepress';
import { ref, shallowRef } from 'vue';
import type { PhysicsFiles } from './pageMujoco.ts';
import { loadingProblem, startWorker } from './pageProblem.ts';
import { type PlaygroundReply, type ProgramName, programs, usualCsv, type Way } from './playgroundSetting.ts';

/** Nothing has run yet; oxbow comes; the program runs; it has ended, was stopped, or has failed. */
type Phase = 'idle' | 'loading' | 'running' | 'done' | 'stopped' | 'failed';

/** Lines of the output that are kept. */
const MOST_LINES = 500;

const name = ref<ProgramName>('train');
/** The programs as they were changed. They outlive the page's component: who comes back finds them. */
const texts = ref(Object.fromEntries(Object.entries(programs).map(([each, { text }]) => [each, text])));
const csv = ref(usualCsv());
const phase = ref<Phase>('idle');
const output = shallowRef<readonly string[]>([]);
/** The picture that the program has shown last: an `<svg>`. */
const picture = ref<string>();
const error = shallowRef<{ readonly message: string; readonly line?: number }>();
/** What is in the way of running anything. */
const problem = ref<string>();
/** Whether the program waits for ways that the reader draws. */
const isDrawing = ref(false);
/** Counts the runs: each has another canvas, with nothing on it. */
const run = ref(0);
let worker: Worker | undefined;
let canvas: HTMLCanvasElement | undefined;

/**
 * The document of whose policy the workers are: it lets programs load from this site alone, and nothing run in the page itself, whose
 * own policy is stricter. Files are kept as blobs: what has come once runs without a network.
 */
let frame: Promise<Window & typeof globalThis> | undefined;
const files = new Map<string, Promise<string>>();

function openFrame(): Promise<Window & typeof globalThis> {
  return new Promise((resolve, reject) => {
    const element = document.createElement('iframe');
    // VitePress shows what is only hidden.
    element.style.display = 'none';
    element.title = 'Programs of the playground';
    element.onload = () => {
      const view = element.contentWindow as (Window & typeof globalThis) | null;
      // A host that has no such file may answer with another page.
      if (view?.document?.title === element.title) return resolve(view);
      element.remove();
      reject(new Error('no frame'));
    };
    element.src = withBase('/playground/frame.html');
    document.body.append(element);
  });
}

/** The address of a file of the playground, once it is here. */
function file(path: string, type: string): Promise<string> {
  const known = files.get(path);
  if (known !== undefined) return known;
  const coming = (async () => {
    frame ??= openFrame();
    const [view, response] = await Promise.all([frame, fetch(withBase(`/playground/${path}`))]);
    if (!response.ok) throw new Error(`${response.status}`);
    return view.URL.createObjectURL(new Blob([await response.arrayBuffer()], { type }));
  })();
  coming.catch(() => {
    files.delete(path);
    frame = undefined;
  });
  files.set(path, coming);
  return coming;
}

const oxbow = () => file('oxbow.js', 'text/javascript');

async function physics(): Promise<PhysicsFiles> {
  const [script, wasm] = await Promise.all([
    file('mujoco.js', 'text/javascript'),
    file('mujoco.wasm', 'application/wasm'),
  ]);
  return { script, wasm };
}

function usesPhysics(program: string): boolean {
  return program.includes('mujoco');
}

/** Loads what the program needs, before it runs. */
function prepare(): void {
  oxbow().catch(() => {});
  if (usesPhysics(texts.value[name.value]!)) physics().catch(() => {});
}

function end(how: Phase): void {
  worker?.terminate();
  worker = undefined;
  [phase.value, isDrawing.value] = [how, false];
}

function stop(): void {
  if (phase.value === 'loading' || phase.value === 'running') end('stopped');
}

/**
 * Runs the program that is chosen.
 * @param canvasOf gives the canvas of this run
 * @param colours of the page, by what they are for
 */
async function start(canvasOf: () => Promise<HTMLCanvasElement>, colours: Record<string, string>): Promise<void> {
  end('loading');
  const program = texts.value[name.value]!;
  [output.value, picture.value, error.value, problem.value] = [[], undefined, undefined, undefined];
  run.value += 1;
  const mine = run.value;
  try {
    const [element, address, robots] = await Promise.all([
      canvasOf(),
      oxbow(),
      usesPhysics(program) ? physics() : undefined,
    ]);
    const view = await frame!;
    if (run.value !== mine || phase.value !== 'loading') return;
    const fail = (text: string) => {
      end('failed');
      problem.value = text;
    };
    worker = startWorker(() => new view.Worker(address, { type: 'module' }), receive, fail);
    if (worker === undefined) return;
    canvas = element;
    worker.postMessage({ kind: 'run', program, colours, csv: csv.value, physics: robots });
    phase.value = 'running';
  } catch {
    if (run.value !== mine) return;
    end('failed');
    problem.value = loadingProblem('What runs programs');
  }
}

function receive(reply: PlaygroundReply): void {
  switch (reply.kind) {
    case 'print':
      output.value = [...output.value, ...reply.lines].slice(-MOST_LINES);
      return;
    case 'picture':
      picture.value = reply.svg;
      return;
    case 'canvas':
      canvas!.getContext('bitmaprenderer')!.transferFromImageBitmap(reply.bitmap);
      return;
    case 'draw':
      isDrawing.value = true;
      return;
    case 'done':
      end('done');
      return;
    case 'error':
      error.value = reply;
      end('failed');
  }
}

/** Gives the program what was drawn. */
function give(ways: readonly Way[]): void {
  isDrawing.value = false;
  // Out of Vue's proxies, which no worker can be given.
  worker?.postMessage({ kind: 'drawn', ways: JSON.parse(JSON.stringify(ways)) });
}

/** Another program, or another text of it; what runs is stopped, and nothing is run. */
function choose(next: ProgramName, text?: string): void {
  stop();
  if (next !== name.value) {
    [phase.value, output.value, picture.value, error.value] = ['idle', [], undefined, undefined];
    run.value += 1;
  }
  name.value = next;
  if (text !== undefined) texts.value[next] = text;
}

export const playgroundSession = {
  ...{ name, texts, csv, phase, output, picture, error, problem, isDrawing, run },
  ...{ prepare, start, stop, give, choose },
};
