import { policyNames, type Walk } from '../../common/lake.ts';
import { policyColours, themeColour } from '../../envs/drawing/palette.ts';
import { home, lake, start } from '../../envs/lake/lakeMap.ts';
import { logProbsAtStart } from '../../experiments/lake/startDensity.ts';
import { type Policy, portableMath } from '../../src/index.ts';
import { clonedWalks } from './lake.ts';
import { Plot, type Point, standAlone } from './plot.ts';
import { centresOf, shade } from './shade.ts';

/** Pixels, as sites show links. */
export const size = { width: 1200, height: 630 };
const { width: WIDTH, height: HEIGHT } = size;
/** Walks by which drowning is measured, and those that are drawn. */
const [WALKS, DRAWN] = [1000, 80];
/** Pixels around, and down to the maps. */
const [MARGIN, TOP] = [40, 168];
/** Half a cross, lengths. */
const CROSS = 0.03;

export const label =
  'oxbow: reinforcement learning with flow policies. Two maps of a lake with walks from one side to the other. On the left a Gaussian policy walks into the water, on the right a flow policy keeps two ways round it.';

/** The picture of a link to oxbow: how a Gaussian and a flow walk that have cloned walkers of both banks. */
export async function draw(): Promise<string> {
  const sheet = new Plot({ x: [0, WIDTH], y: [HEIGHT, 0], width: WIDTH, height: HEIGHT })
    .text([MARGIN, 66], 'oxbow', { fill: themeColour('ink'), size: 68, weight: 700, anchor: 'start' })
    .text([WIDTH - MARGIN, 74], 'Reinforcement learning with flow policies', { size: 32, anchor: 'end' });
  const sides = [await side('gaussian', 'A Gaussian'), await side('spline', 'A flow')];
  const paper = `<rect width="${WIDTH}" height="${HEIGHT}" fill="${themeColour('paper')}"/>`;
  const drawn = sides.map(({ title, map, density }, i) => {
    const left = MARGIN + i * (WIDTH - 2 * MARGIN - map.width);
    sheet.text([left, 138], title, { fill: themeColour('ink'), size: 32, weight: 600, anchor: 'start' });
    const top = HEIGHT - MARGIN - density.height;
    sheet.text([left, top - 14], 'first velocity', { size: 20, anchor: 'start' });
    return map.at(left, TOP) + density.at(left, top);
  });
  return standAlone({ label, width: WIDTH, height: HEIGHT }, paper + drawn.join('') + sheet.at(0, 0));
}

async function side(name: 'gaussian' | 'spline', title: string): Promise<{ title: string; map: Plot; density: Plot }> {
  const { policy, metrics, walks } = await clonedWalks(name, 'preview', { episodes: WALKS, keep: DRAWN });
  const colour = policyColours(policyNames).range[policyNames.indexOf(name)]!;
  const drawn = {
    title: `${title}: ${(100 * metrics.drownRate).toFixed(0)}\u00a0% drown`,
    map: mapOf(walks, colour),
    density: firstVelocity(policy, colour),
  };
  policy.dispose();
  return drawn;
}

function mapOf(walks: readonly Walk[], colour: string): Plot {
  const plot = new Plot({ x: [-2.4, 2.05], y: [-1.85, 1.85], width: 550, height: 457 });
  const ended = (outcome: Walk['outcome']) => walks.filter((walk) => walk.outcome === outcome).map(pathOf);
  const [arrived, drowned] = [ended('home'), ended('drowned')];
  const crosses = drowned.flatMap((path): Point[][] => {
    const [x, y] = path.at(-1)!;
    return [-1, 1].map((side) => [
      [x - CROSS, y - side * CROSS],
      [x + CROSS, y + side * CROSS],
    ]);
  });
  return plot
    .areas([disc(lake)], { fill: themeColour('water') })
    .lines(arrived, { stroke: colour, width: 2, opacity: 0.55 })
    .lines(drowned, { stroke: themeColour('ink'), width: 2, opacity: 0.5 })
    .lines(crosses, { width: 2.5 })
    .areas([disc(home)], { fill: themeColour('paper') })
    .lines([disc(home)], { width: 2, dash: '6 4' })
    .text([home.x, home.y], 'home', { fill: themeColour('ink'), size: 18 })
    .dots([[start.x, start.y]], { fill: themeColour('ink'), radius: 8 });
}

/** The density of the first velocity; dashed, full speed. */
function firstVelocity(policy: Policy, colour: string): Plot {
  const grid = { extent: 1.5, size: 96 };
  const plot = new Plot({ x: [-grid.extent, grid.extent], y: [-grid.extent, grid.extent], width: 130, height: 130 });
  const velocities = Float32Array.from(centresOf(grid).flat());
  const values = Array.from(logProbsAtStart(policy, velocities), portableMath.exp);
  const [low, high] = [-grid.extent, grid.extent];
  plot.lines([disc({ x: 0, y: 0, radius: 1 })], { stroke: themeColour('faint'), width: 1.5, dash: '4 4' });
  shade(plot, { ...grid, values }, colour);
  return plot.lines(
    [
      [
        [low, low],
        [high, low],
        [high, high],
        [low, high],
        [low, low],
      ],
    ],
    { stroke: themeColour('faint'), width: 3 },
  );
}

function disc({ x, y, radius }: { x: number; y: number; radius: number }): Point[] {
  return Array.from({ length: 97 }, (_, i) => [
    x + radius * portableMath.cosTurns(i / 96),
    y + radius * portableMath.sinTurns(i / 96),
  ]);
}

function pathOf({ positions }: Walk): Point[] {
  return Array.from({ length: positions.length / 2 }, (_, i) => [positions[2 * i]!, positions[2 * i + 1]!]);
}
