/// <reference path="./env.d.ts" />
import { Rng } from '../../src/random.ts';
import type { PhysicsFiles } from './pageMujoco.ts';
import clone from './programs/clone.js?raw';
import density from './programs/density.js?raw';
import environment from './programs/environment.js?raw';
import robot from './programs/robot.js?raw';
import train from './programs/train.js?raw';

/** What was drawn: points [x, y] from −1 to 1, y upwards. */
export type Way = readonly (readonly [x: number, y: number])[];

/** What a worker needs to run a program. */
export interface ProgramRequest {
  readonly kind: 'run';
  readonly program: string;
  /** Colours of the page, by what they are for. */
  readonly colours: Readonly<Record<string, string>>;
  readonly csv: string;
  readonly physics: PhysicsFiles | undefined;
}

export type PlaygroundRequest = ProgramRequest | { readonly kind: 'drawn'; readonly ways: readonly Way[] };

export type PlaygroundReply =
  | { readonly kind: 'print'; readonly lines: readonly string[] }
  /** An `<svg>`. */
  | { readonly kind: 'picture'; readonly svg: string }
  /** What is on the program's canvas. */
  | { readonly kind: 'canvas'; readonly bitmap: ImageBitmap }
  /** It waits for ways that the reader draws. */
  | { readonly kind: 'draw' }
  | { readonly kind: 'done' }
  /** It has ended so; the line is the program's. */
  | { readonly kind: 'error'; readonly message: string; readonly line?: number };

/** The programs that the page has, by their names in links. */
export const programs = {
  train: { title: 'Train', text: train.trimEnd() },
  environment: { title: 'Your own environment', text: environment.trimEnd() },
  clone: { title: 'Clone what you draw', text: clone.trimEnd() },
  density: { title: 'The density of your data', text: density.trimEnd() },
  robot: { title: 'A robot', text: robot.trimEnd() },
} as const;

export type ProgramName = keyof typeof programs;

/** Pixels of the canvas. */
export const CANVAS = { width: 600, height: 400 } as const;

/** Characters of the address, at most, that a link with a program has. */
const LONGEST_LINK = 8000;

/** A part of an address behind `#` with a program: its name, or its text where it was changed. @returns undefined where that is too long for a link */
export function programToHash(name: ProgramName, text: string): string | undefined {
  if (text === programs[name].text) return name === 'train' ? '' : `program=${name}`;
  const hash = `program=${name}&text=${encodeURIComponent(text)}`;
  return hash.length > LONGEST_LINK ? undefined : hash;
}

/** Reads such a part; what it does not name, or names wrongly, is as usual. */
export function programFromHash(hash: string): { readonly name: ProgramName; readonly text: string } {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const asked = given.get('program') ?? '';
  const name = Object.hasOwn(programs, asked) ? (asked as ProgramName) : 'train';
  return { name, text: given.get('text') ?? programs[name].text };
}

/** Data to begin with: 1,000 points of two half moons, as CSV. */
export function usualCsv(): string {
  const rng = new Rng('playground/csv');
  const rows = Array.from({ length: 1000 }, (_, i) => {
    const [angle, radius] = [rng.uniform(0, Math.PI), rng.normal(1, 0.1)];
    const [x, y] = [radius * Math.cos(angle), radius * Math.sin(angle)];
    return (i % 2 === 0 ? [x - 0.5, y - 0.25] : [0.5 - x, 0.25 - y]).map((value) => value.toFixed(3)).join(',');
  });
  return ['x,y', ...rows].join('\n');
}

/** A way by the upper half of the picture or by the lower one, for who cannot or does not want to draw; each is a little different. */
export function readyWay(index: number): Way {
  const side = index % 2 === 0 ? 1 : -1;
  const height = 0.45 + 0.06 * (Math.floor(index / 2) % 5);
  return Array.from(
    { length: 41 },
    (_, i) => [-0.9 + 0.045 * i, side * height * Math.sin((Math.PI * i) / 40)] as const,
  );
}
