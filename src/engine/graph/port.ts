import type { Value } from './value.ts';

/** What the caller of a function gives, or what the function returns. */
export interface NamedPort {
  readonly kind: 'input' | 'output';
  readonly name: string;
}

/**
 * Draws of random numbers, in their order; the variables before and after a run, by their pack; what one stage of a program gives to a
 * later one, by the value's id.
 */
export interface NumberedPort {
  readonly kind: 'draw' | 'state' | 'next' | 'cut';
  readonly index: number;
}

/** A part of another input that is given by itself; all such parts of a graph are counted together. */
export interface PartPort {
  readonly kind: 'part';
  readonly whole: Port;
  readonly index: number;
}

/** Where a tensor enters or leaves a graph, and in which role. Each is one object, made once, and is told from others by identity. */
export type Port = NamedPort | NumberedPort | PartPort;

/** A value, and the port through which it enters or leaves a graph. */
export type Ported = readonly [port: Port, value: Value];
