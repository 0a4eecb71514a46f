import { Drawing } from '../../envs/drawing/drawing.ts';

/** Pixels of a floor's height. */
const FLOOR = 52;

interface Room {
  readonly name: string;
  readonly what: string;
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  /** How many floors it is high. */
  readonly floors?: number;
}

const [WEST, WALL, EAST] = [20, 370, 540];

/** From the ground up, the folders of src in the western wing. */
const WING = [
  { name: 'src/nn', what: 'networks, initializers' },
  { name: 'src/bijectors', what: 'invertible maps with log-determinants' },
  { name: 'src/distributions', what: 'sample, logProb, kl' },
  { name: 'src/flows, src/analysis', what: 'families by name, fit, modes, diagnose' },
  { name: 'src/policies', what: 'observation → distribution of actions' },
];
const GROUND = 40;
const first = GROUND + FLOOR;
const eaves = first + WING.length * FLOOR;

const rooms: readonly Room[] = [
  {
    name: 'src/engine',
    what: 'compile: trace → graph → WebAssembly or ONNX; Rng, Module',
    left: WEST,
    right: EAST,
    bottom: GROUND,
  },
  ...WING.map((room, i) => ({ ...room, left: WEST, right: WALL, bottom: first + i * FLOOR })),
  { name: 'envs', what: 'lake, classic, Gymnasium', left: WALL, right: EAST, bottom: first, floors: WING.length },
  {
    name: 'agents',
    what: 'PPO, SAC, …, one file each, over parts in agents/core',
    left: WEST,
    right: EAST,
    bottom: eaves,
  },
  {
    name: 'experiments',
    what: 'harness, training, commands; a folder for each experiment',
    left: WEST,
    right: EAST,
    bottom: eaves + FLOOR,
  },
];
const ridge = eaves + 2 * FLOOR + 84;

export const label =
  'A house whose floors are the folders: at the bottom tfjs, then the engine, in one wing nn, bijectors, distributions, flows and policies, ' +
  'in the other the environments, above both the agents and the experiments, under a roof of the command, the site and your program';

/** The house of docs/architecture.md: each floor stands on those that it imports. */
export function draw(): string {
  const drawing = new Drawing({
    x: [0, 560],
    y: [0, ridge + 8],
    width: 560,
    label,
  });
  drawing.rect([0, 8], [560, GROUND], { fill: 'water' });
  drawing.text([280, 24], 'tfjs: its operations, its tape, its variables', { fill: 'ink' });
  for (const { name, what, left, right, bottom, floors = 1 } of rooms) {
    const [x, top] = [(left + right) / 2, bottom + floors * FLOOR];
    drawing.rect([left, bottom], [right, top], { fill: 'paper', stroke: 'faint', width: 1.5 });
    drawing.text([x, (bottom + top) / 2 + 9], name, { fill: 'ink' });
    drawing.text([x, (bottom + top) / 2 - 9], what);
  }
  const roof = eaves + 2 * FLOOR;
  drawing.polygon(
    [
      [4, roof],
      [280, ridge],
      [556, roof],
    ],
    { fill: 'line', stroke: 'faint', width: 1.5 },
  );
  drawing.text([280, roof + 36], 'your program', { fill: 'ink' });
  drawing.text([280, roof + 15], 'the oxbow command · the site and its lab', { fill: 'ink' });
  return String(drawing);
}
