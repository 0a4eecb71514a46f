import {
  cloneTraining,
  type DensityPolicyName,
  evenly,
  measureWalks,
  policyNames,
  type Walk,
  type WalkMetrics,
} from '../../common/lake.ts';
import tuned from '../../common/lakeSettings.json' with { type: 'json' };
import { Drawing } from '../../envs/drawing/drawing.ts';
import type { ColourName } from '../../envs/drawing/palette.ts';
import { border, home, lake, start } from '../../envs/lake/lakeMap.ts';
import { type Policy, Rng } from '../../src/index.ts';
import summary from '../results/lake/summary.json' with { type: 'json' };

const ENV = 'LakeStride-v0';
const SHOWN = [
  ['gaussian', 'Gaussian'],
  ['mixture', 'mixture of six Gaussians'],
  ['spline', 'spline flow'],
] as const;
type Shown = (typeof SHOWN)[number][0];

const DRAWN_WALKS = 50;
/** Lengths of the map that a panel shows, and those between the middles of two. The captions are near the map's border, where no walk comes. */
const [LEFT, RIGHT, BOTTOM, TOP, PITCH] = [-2.2, 1.85, -1.75, border + 0.47, 4.2];

export const label =
  'Walks of three policies that cloned walkers of both banks of a lake: many walks of the Gaussian end in the water, hardly any of the mixture and of the spline flow';

/** Walks of policies that cloned walkers of both banks, one seed of each, under the shares that drown in the stored run. */
export async function draw(): Promise<string> {
  const drawing = new Drawing({
    x: [LEFT, RIGHT + (SHOWN.length - 1) * PITCH],
    y: [BOTTOM, TOP],
    label,
    width: 640,
  });
  for (const [i, [policy, name]] of SHOWN.entries()) {
    const x = i * PITCH;
    drawing.text([x, TOP - 0.19], name, { fill: 'ink' });
    drawing.text([x, TOP - 0.52], `${Math.round(100 * drownRateOf(policy))} % of its walks drown`);
    drawing.circle([x + lake.x, lake.y], lake.radius, { fill: 'water' });
    drawing.circle([x + home.x, home.y], home.radius, { stroke: 'ink', dash: '3 3' });
    drawWalks(drawing, x, await walksOf(policy), `policy-${policyNames.indexOf(policy)}`);
    drawing.circle([x + start.x, start.y], 0.06, { fill: 'ink' });
    drawing.text([x, 0], 'lake', { fill: 'ink' });
    if (i > 0) continue;
    drawing.text([x + start.x - 0.36, 0], 'start', { fill: 'ink' });
    drawing.text([x + home.x + 0.65, 0], 'home', { fill: 'ink' });
  }
  return String(drawing);
}

function drownRateOf(policy: Shown): number {
  return summary.results.find(
    (row) =>
      row.study === 'cloning' &&
      row.env === ENV &&
      !('condition' in row) &&
      row.policy === policy &&
      row.metric === 'drownRate',
  )!.iqm!;
}

async function walksOf(name: Shown): Promise<readonly Walk[]> {
  const { policy, walks } = await clonedWalks(name, 'lake', { episodes: DRAWN_WALKS, keep: DRAWN_WALKS });
  policy.dispose();
  return walks;
}

/** Walks home in the policy's colour, those into the water in ink, with a dot where they end. */
function drawWalks(drawing: Drawing, left: number, walks: readonly Walk[], colour: ColourName): void {
  const paths = walks.map(({ outcome, positions }) => ({
    outcome,
    points: Array.from(
      { length: positions.length / 2 },
      (_, i) => [left + positions[2 * i]!, positions[2 * i + 1]!] as const,
    ),
  }));
  for (const { outcome, points } of paths) {
    drawing.polyline(points, { stroke: outcome === 'home' ? colour : 'ink', width: 0.7, opacity: 0.7 });
  }
  for (const { points } of paths.filter(({ outcome }) => outcome === 'drowned')) {
    drawing.circle(points.at(-1)!, 0.045, { fill: 'ink' });
  }
}

/**
 * A policy on the stride lake, trained as the study of cloning does it, with what its walks measure. Who asks for it disposes of it.
 * @param walks how many are measured, and of how many the positions are kept
 */
export async function clonedWalks(
  name: DensityPolicyName & keyof (typeof tuned.tuned.cloning)[typeof ENV],
  seed: string,
  walks: { readonly episodes: number; readonly keep: number },
): Promise<{ readonly policy: Policy; readonly metrics: WalkMetrics; readonly walks: readonly Walk[] }> {
  const rng = new Rng(seed);
  const { policy, reports, dispose } = cloneTraining({
    env: ENV,
    policy: name,
    demonstrators: evenly,
    settings: tuned.tuned.cloning[ENV][name],
    episodes: 1000,
    batchSize: 256,
    rng,
  });
  for await (const _ of reports);
  const measured = measureWalks({ env: ENV, policy, ...walks, rng: rng.split('walks') });
  dispose();
  return { policy, ...measured };
}
