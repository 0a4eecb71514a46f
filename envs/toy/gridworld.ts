import { z } from 'zod';
import { show } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { Box, clamp } from '../../src/spaces/box.ts';
import { Discrete } from '../../src/spaces/discrete.ts';
import { RememberingEnv, resetState } from '../core/baseEnv.ts';
import type { Info, ResetResult } from '../core/env.ts';
import { checkOptionNames } from '../core/options.ts';
import { Drawing, type Style } from '../drawing/drawing.ts';

const size = 25;
const last = size - 1;
const middle = last / 2;
const goalReward = 20;
const deathReward = -10;

type Cell = 'free' | 'wall' | 'goal' | 'death';

/** What lies where, by column x and row y, both from 0 to 24; y grows upwards. */
const maps = {
  tree: (x: number, y: number): Cell => {
    if (x >= 13 && x <= 17 && y >= 10 && y <= 14) return 'death';
    return x >= 23 && y >= 10 && y <= 14 ? 'goal' : 'free';
  },
  slits: (x: number, y: number): Cell => {
    const isOpen = (y >= 4 && y <= 7) || (y >= 17 && y <= 20);
    if (x === 15 && !isOpen) return 'wall';
    return x === last ? 'goal' : 'free';
  },
} as const;
const mapNames = Object.keys(maps) as GridworldMap[];
/** The column in which both maps have two ways. */
const fork = 15;

/** How cells are drawn; free ones are not. */
const looks: Partial<Record<Cell, Style>> = {
  wall: { fill: 'faint' },
  death: { fill: 'ink', opacity: 0.2 },
  goal: { fill: 'line' },
};

/** The name of a map. */
type GridworldMap = keyof typeof maps;

const actionKinds = ['continuous', 'discrete'] as const;

export const gridworldOptions = z.strictObject({
  map: z.enum(mapNames).default('tree').describe("what lies where; a 'tree' that kills, or a wall with two 'slits'"),
  action: z
    .enum(actionKinds)
    .default('continuous')
    .describe('what an action is; two numbers, rounded to −1, 0 or 1 each, or one of the nine moves'),
});

export interface GridworldInfo extends Info {
  outcome: 'goal' | 'death' | 'timeout' | undefined;
  /** By which of the two ways the obstacle's column was last passed. */
  passage: 'upper' | 'lower' | undefined;
}

interface GridworldMemory {
  x: number;
  y: number;
  passage: GridworldInfo['passage'];
}

/**
 * 25 × 25 cells with an obstacle between the start and the goal that can be passed on two sides, which are equally long from the
 * middle row. On the map `'tree'` it kills, and the goal is behind it; on `'slits'` it is a wall with two openings, and the goal is
 * all of the right column.
 *
 * - Observation: the cell (x, y), each from −1 to 1, `[2]`.
 * - Action `'continuous'`: `[2]`, clipped to ±1 and rounded: a move by −1, 0 or 1 in x and y. Action `'discrete'`: the move
 *   number 3 (dy + 1) + (dx + 1) of `Discrete(9)`. Border and walls stop it.
 * - Reward: 20 in the goal, −10 for death, else 0. Terminated: there. Time runs out by `TimeLimit`, after 100 steps.
 * - Reset: on any free cell. `reset({ options: { state } })`: on the cell (x, y), counted from 0; (8, 12) is before the fork.
 *
 * McAllister et al., Flow Matching Policy Gradients, 2025, arXiv:2507.21053.
 *
 * @throws for an unknown option; `reset` for a cell that is not free; `step` for an action that is no move.
 */
export class GridworldEnv extends RememberingEnv<GridworldMemory> {
  readonly observationSpace = new Box({ low: -1, high: 1, shape: [2] });
  readonly actionSpace: Box | Discrete;
  readonly map: GridworldMap;
  protected memory: GridworldMemory = { x: 0, y: 0, passage: undefined };

  constructor(options: z.input<typeof gridworldOptions> = {}) {
    super();
    const { map, action } = parseOptions('Gridworld', gridworldOptions, options);
    this.map = map;
    this.actionSpace = action === 'discrete' ? new Discrete(9) : new Box({ low: -1, high: 1, shape: [2] });
  }

  /** What lies in column x and row y. */
  cell(x: number, y: number): Cell {
    return maps[this.map](x, y);
  }

  protected begin(options: Record<string, unknown>): ResetResult {
    checkOptionNames('Gridworld.reset', options, ['state']);
    const [x, y] = resetState('Gridworld', options, ['x', 'y']) ?? this.#freeCell();
    const isOnMap = Number.isInteger(x) && Number.isInteger(y) && Math.min(x!, y!) >= 0 && Math.max(x!, y!) <= last;
    if (!isOnMap || this.cell(x!, y!) !== 'free') {
      throw new Error(`Gridworld: reset() got the state (${x}, ${y}), expected a free cell, x and y in 0 … ${last}`);
    }
    this.memory = { x: x!, y: y!, passage: undefined };
    return [this.#observation(), this.#info(undefined)];
  }

  #freeCell(): [x: number, y: number] {
    for (;;) {
      const cell = this.rng.integer(0, size * size);
      const x = cell % size;
      const y = (cell - x) / size;
      if (this.cell(x, y) === 'free') return [x, y];
    }
  }

  step(action: Float32Array | number): [Float32Array, number, boolean, boolean, GridworldInfo] {
    const [dx, dy] = this.#move(action);
    const { memory } = this;
    const x = clamp(memory.x + dx, 0, last);
    const y = clamp(memory.y + dy, 0, last);
    const cell = this.cell(x, y);
    if (cell !== 'wall') [memory.x, memory.y] = [x, y];
    if (memory.x === fork && memory.y !== middle) memory.passage = memory.y > middle ? 'upper' : 'lower';
    const outcome = cell === 'goal' || cell === 'death' ? cell : undefined;
    const reward = outcome === 'goal' ? goalReward : outcome === 'death' ? deathReward : 0;
    return [this.#observation(), reward, outcome !== undefined, false, this.#info(outcome)];
  }

  #move(action: Float32Array | number): [dx: number, dy: number] {
    if (this.actionSpace instanceof Discrete) {
      if (this.actionSpace.contains(action)) return [(action % 3) - 1, Math.floor(action / 3) - 1];
      throw new Error(`Gridworld: step() got the action ${show(action)}, expected an integer in [0, 8]`);
    }
    this.checkLength(action as Float32Array);
    const [dx, dy] = action as Float32Array;
    if (Number.isFinite(dx) && Number.isFinite(dy)) return [roundedMove(dx!), roundedMove(dy!)];
    throw new Error(`Gridworld: step() got the action ${show(action)}, expected 2 finite numbers (move)`);
  }

  #observation(): Float32Array {
    return Float32Array.of((this.memory.x - middle) / middle, (this.memory.y - middle) / middle);
  }

  #info(outcome: GridworldInfo['outcome']): GridworldInfo {
    return { outcome, passage: this.memory.passage };
  }

  render(): string {
    const around = [-0.4, size + 0.4] as const;
    const label = `a grid with ${this.map === 'tree' ? 'a tree' : 'two slits'}`;
    const drawing = new Drawing({ x: around, y: around, label });
    for (let i = 0; i <= size; i++) {
      drawing.line([i, 0], [i, size], { stroke: 'line', width: 0.5 });
      drawing.line([0, i], [size, i], { stroke: 'line', width: 0.5 });
    }
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const look = looks[this.cell(x, y)];
        if (look) drawing.rect([x, y], [x + 1, y + 1], look);
      }
    }
    if (this.map === 'tree') drawing.text([15.5, 12.5], 'tree').text([23.8, 15.7], 'goal');
    else drawing.text([22.7, 12.5], 'goal');
    return drawing.circle([this.memory.x + 0.5, this.memory.y + 0.5], 0.4, { fill: 'ink' }).toString();
  }
}

/** Clipped to ±1 and rounded, half-way to 0 as NumPy does. */
function roundedMove(x: number): number {
  return Math.abs(x) > 0.5 ? Math.sign(x) : 0;
}
