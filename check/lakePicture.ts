/**
 * Draws the picture of the README and of docs/lake.md, on light and on dark: walks on the stride lake of three policies that cloned
 * walkers of both banks, from a run, under the shares that drown in the stored run.
 *
 *     npm run oxbow -- run lake --full --study cloning --env LakeStride-v0 --seeds 1 --out runs/picture
 *     npx tsx check/lakePicture.ts runs/picture
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Drawing } from '../envs/drawing/drawing.ts';
import { type ColourName, resolveColours } from '../envs/drawing/palette.ts';
import { home, lake, start } from '../envs/lake/lakeMap.ts';
import { policyNames } from '../experiments/lake/shared/lakePolicies.ts';
import type { Walk } from '../experiments/lake/walks/measureWalks.ts';
import { root } from './project.ts';

const SHOWN = [
  ['gaussian', 'Gaussian'],
  ['mixture', 'mixture of six Gaussians'],
  ['spline', 'spline flow'],
] as const;
const DRAWN_WALKS = 50;
/** Lengths of the map that a panel shows, and those between the middles of two. */
const [LEFT, RIGHT, BOTTOM, TOP, PITCH] = [-2.2, 1.85, -1.75, 2.2, 4.2];

const [run] = process.argv.slice(2);
if (run === undefined) throw new Error('npx tsx check/lakePicture.ts: expected a run directory');
const { results } = JSON.parse(readFileSync(join(root, 'docs/results/lake/summary.json'), 'utf8'));

const shares = SHOWN.map(([policy, name]) => {
  const row = results.find(
    (candidate: Record<string, unknown>) =>
      candidate.study === 'cloning' &&
      candidate.env === 'LakeStride-v0' &&
      candidate.condition === undefined &&
      candidate.policy === policy &&
      candidate.metric === 'drownRate',
  );
  return { policy, name, drowned: `${Math.round(100 * row.iqm)} %` };
});

const drawing = new Drawing({
  x: [LEFT, RIGHT + (SHOWN.length - 1) * PITCH],
  y: [BOTTOM, TOP],
  label: `Walks of three policies that cloned walkers of both banks. ${shares
    .map(({ name, drowned }) => `${name}: ${drowned} drown`)
    .join('; ')}.`,
  width: 640,
});

for (const [i, { policy, name, drowned }] of shares.entries()) {
  const x = i * PITCH;
  const colour: ColourName = `policy-${policyNames.indexOf(policy)}`;
  drawing.text([x, TOP - 0.15], name, { fill: 'ink' });
  drawing.text([x, TOP - 0.46], `${drowned} of its walks drown`);
  drawing.circle([x + lake.x, lake.y], lake.radius, { fill: 'water' });
  drawing.circle([x + home.x, home.y], home.radius, { stroke: 'ink', dash: '3 3' });
  const file = join(run, 'jobs/cloning/LakeStride-v0', policy, 'seed-0/result.json');
  const { data } = JSON.parse(readFileSync(file, 'utf8')) as { data: { walks: readonly Walk[] } };
  const walks = data.walks.slice(0, DRAWN_WALKS).map(({ outcome, positions }) => ({
    outcome,
    points: Array.from(
      { length: positions.length / 2 },
      (_, j) => [x + positions[2 * j]!, positions[2 * j + 1]!] as const,
    ),
  }));
  for (const { outcome, points } of walks) {
    drawing.polyline(points, { stroke: outcome === 'home' ? colour : 'ink', width: 0.7, opacity: 0.7 });
  }
  for (const { points } of walks.filter(({ outcome }) => outcome === 'drowned')) {
    drawing.circle(points.at(-1)!, 0.045, { fill: 'ink' });
  }
  drawing.circle([x + start.x, start.y], 0.06, { fill: 'ink' });
  drawing.text([x, 0], 'lake', { fill: 'ink' });
  if (i > 0) continue;
  drawing.text([x + start.x - 0.36, 0], 'start', { fill: 'ink' });
  drawing.text([x + home.x + 0.6, 0], 'home', { fill: 'ink' });
}

for (const theme of ['light', 'dark'] as const) {
  const path = join(root, `docs/lake-${theme}.svg`);
  writeFileSync(path, `${resolveColours(String(drawing), theme)}\n`);
  process.stdout.write(`${path}\n`);
}
