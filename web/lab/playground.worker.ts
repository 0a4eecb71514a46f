import * as tf from '@tensorflow/tfjs-core';
import * as oxbow from 'oxbow';
import * as agents from 'oxbow/agents';
import * as engine from 'oxbow/engine';
import * as envs from 'oxbow/envs';
import * as mujoco from 'oxbow/mujoco';
import { placePhysics } from './pageMujoco.ts';
import {
  CANVAS,
  type PlaygroundReply,
  type PlaygroundRequest,
  type ProgramRequest,
  type Way,
} from './playgroundSetting.ts';

/** Lines that are kept where a program prints faster than the page can show, and milliseconds between two messages with them. */
const [MOST_LINES, BETWEEN] = [500, 50];
/** The shortest time between two pictures, ms. */
const FRAME = 15;
/** How far apart the points of a way are. */
const SPACING = 0.1;

const reply = (message: PlaygroundReply, transfer: Transferable[] = []) => postMessage(message, { transfer });

let lines: string[] = [];
let [printed, waiting] = [Number.NEGATIVE_INFINITY, false];

function flush(): void {
  if (lines.length > 0) reply({ kind: 'print', lines });
  [lines, printed] = [[], performance.now()];
}

function print(...values: unknown[]): void {
  lines.push(values.map(textOf).join(' '));
  if (lines.length > MOST_LINES) lines.shift();
  if (performance.now() > printed + BETWEEN) flush();
  else if (!waiting) {
    waiting = true;
    setTimeout(() => {
      waiting = false;
      flush();
    }, BETWEEN);
  }
}

/** A value as it is printed: numbers of an array in one line, whatever its type. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return value.message;
  if (ArrayBuffer.isView(value) && 'length' in value) return textOf([...(value as Float32Array)]);
  try {
    return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each)) ?? String(value);
  } catch {
    return String(value);
  }
}

/** Points at equal distances along what was drawn, the last point of it included. */
function evenly(way: Way): Way {
  const points = [way[0]!];
  for (const [x, y] of way) {
    for (;;) {
      const [fromX, fromY] = points.at(-1)!;
      const distance = Math.hypot(x - fromX, y - fromY);
      if (distance < SPACING) break;
      const part = SPACING / distance;
      points.push([fromX + part * (x - fromX), fromY + part * (y - fromY)]);
    }
  }
  return points;
}

/**
 * The program's. What is on it goes to the page as pictures: of a canvas of the page's own, given to the worker, Firefox loses what was drawn when the
 * worker ends.
 */
const canvas = new OffscreenCanvas(CANVAS.width, CANVAS.height);
let isPainted = false;
canvas.getContext = ((...args: Parameters<OffscreenCanvas['getContext']>) => {
  isPainted = true;
  return OffscreenCanvas.prototype.getContext.apply(canvas, args);
}) as OffscreenCanvas['getContext'];

async function showCanvas(): Promise<void> {
  if (!isPainted) return;
  const bitmap = await createImageBitmap(canvas);
  reply({ kind: 'canvas', bitmap }, [bitmap]);
}

let drawn: ((ways: readonly Way[]) => void) | undefined;
let shown = Number.NEGATIVE_INFINITY;

/** What a program imports from 'playground', beside the canvas, the colours and the data of the page. */
const own = {
  /** Shows an `<svg>`, as `env.render()` gives it, for so many seconds. */
  show(svg: string, seconds = 0): Promise<void> {
    const now = performance.now();
    if (now >= shown + FRAME) {
      reply({ kind: 'picture', svg: String(svg) });
      shown = now;
    }
    return new Promise((resolve) => setTimeout(resolve, Math.max(1000 * seconds, FRAME)));
  },
  /** Ways that the reader draws: each a list of points [x, y] from −1 to 1, 0.1 apart. */
  strokes(): Promise<Way[]> {
    reply({ kind: 'draw' });
    return new Promise((resolve) => {
      drawn = (ways) => resolve(ways.map(evenly).filter(({ length }) => length > 1));
    });
  },
};

/** What programs can import, where the modules that they get find it. */
const modules: Record<string, object> = {};
Object.assign(globalThis, { modules });

/** The address of a module with these names. */
function moduleOf(name: string, exported: object): string {
  modules[name] = exported;
  const names = Object.keys(exported).filter((each) => each !== 'default');
  const text = `export const { ${names.join(', ')} } = globalThis.modules[${JSON.stringify(name)}];`;
  return URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
}

/** A module's name where a program imports it: `from 'oxbow'`, `import 'oxbow'`, `import('oxbow')`. */
const IMPORTED = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\2/g;

/** An error with its line in the program. */
class ProgramError extends Error {
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** The program with addresses in place of the names of modules. @throws for a name that is none here */
function linked(program: string, addresses: ReadonlyMap<string, string>): string {
  return program.replace(IMPORTED, (all, before: string, quote: string, name: string, at: number) => {
    const lineStart = program.lastIndexOf('\n', at) + 1;
    if (/^\s*(\/\/|\*)/.test(program.slice(lineStart, at + 2))) return all;
    const address = addresses.get(name);
    if (address === undefined) {
      const line = program.slice(0, at).split('\n').length;
      throw new ProgramError(`there is no module '${name}' here, but ${[...addresses.keys()].join(', ')}`, line);
    }
    return `${before}${quote}${address}${quote}`;
  });
}

let address = '';

/** Where an error comes from, by its stack or, of a program that cannot be read, by what the browser says of it. */
async function fail(error: unknown, line?: number): Promise<void> {
  flush();
  await showCanvas();
  const place = error instanceof ProgramError ? error.line : (lineIn(error) ?? line);
  const message = (error instanceof Error ? error.message : textOf(error)).replace(/\s*\n\s*/g, ' ');
  reply({ kind: 'error', message, ...(place !== undefined && { line: place }) });
}

/** The first line of the program that a stack names. */
function lineIn(error: unknown): number | undefined {
  const { stack = '', lineNumber, fileName } = error as { stack?: string; lineNumber?: number; fileName?: string };
  const at = stack.indexOf(`${address}:`);
  if (at >= 0) return Number.parseInt(stack.slice(at + address.length + 1), 10);
  return fileName === address ? lineNumber : undefined;
}

async function run({ program, colours, csv, physics }: ProgramRequest): Promise<void> {
  placePhysics(physics);
  await oxbow.selectBackend();
  oxbow.selectEngine('wasm');
  const given = Object.entries({
    oxbow,
    'oxbow/agents': agents,
    'oxbow/engine': engine,
    'oxbow/envs': envs,
    'oxbow/mujoco': mujoco,
    '@tensorflow/tfjs-core': tf,
    playground: { ...own, canvas, colours, csv },
  });
  const addresses = new Map(given.map(([name, exported]) => [name, moduleOf(name, exported)]));
  const text = linked(program, addresses);
  address = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  const showing = setInterval(showCanvas, BETWEEN);
  await import(/* @vite-ignore */ address);
  clearInterval(showing);
  flush();
  await showCanvas();
  reply({ kind: 'done' });
}

// A line of the program may stand far below those of oxbow.
Error.stackTraceLimit = 100;
for (const name of ['log', 'info', 'warn', 'error'] as const) console[name] = print;
Object.assign(globalThis, { print });

addEventListener('error', (event) => {
  event.preventDefault();
  fail(event.error ?? event.message, event.filename === address ? event.lineno : undefined);
});
addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  fail(event.reason);
});
addEventListener('message', ({ data }: MessageEvent<PlaygroundRequest>) => {
  if (data.kind === 'drawn') drawn?.(data.ways);
  // Of a text that is no program, only the browser's own report has the line.
  else run(data).catch((error: unknown) => (error instanceof SyntaxError ? reportError(error) : fail(error)));
});
