import type { Shown } from '../subjects.ts';
import type { PeerInputs } from './peer.ts';

/** What takes turns with us on the same rows. */
export interface Rival {
  readonly name: string;
  readonly version: string;
  /** The rival whose time its own is compared with; our own in this process unless given. */
  readonly against?: string | undefined;
  /** Whether it has rows of this name, `ppo-step/spline`. */
  has(row: string): boolean;
  make(row: string, batch: number, inputs: PeerInputs): Promise<void>;
  /** Milliseconds of one run, averaged over a block of `repeats`. */
  time(row: string, batch: number, repeats: number): Promise<number>;
  /** What the first runs gave: the losses of several steps, or one batch of actions, with their log-probabilities if they have them. */
  show(row: string, batch: number): Promise<Shown>;
  stop(): void | Promise<void>;
}
