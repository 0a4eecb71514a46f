import type { Mode } from 'oxbow';
import type { Walk } from '../../common/lake.ts';
import { headingCurve, headingExtent, lakeView } from '../../common/lakeView.ts';
import { border, home, lake, start } from '../../envs/lake/lakeMap.ts';
import type { Colours } from './canvas.ts';
import type { Setting } from './setting.ts';
import { type LabDensity, sampledVelocities } from './sideView.ts';

/** Of the map, about the border. */
export const MARGIN = 0.08;
const SPAN = 2 * (border + MARGIN);

/** Canvas pixels of a position, and back. */
export function scaleOf(size: number) {
  const unit = size / SPAN;
  return {
    unit,
    x: (x: number) => (x + border + MARGIN) * unit,
    y: (y: number) => (border + MARGIN - y) * unit,
    toX: (px: number) => px / unit - border - MARGIN,
    toY: (py: number) => border + MARGIN - py / unit,
  };
}

/** What is drawn on the map. */
interface MapScene {
  readonly walks: readonly Walk[];
  /** Share of each walk that is drawn, 0 to 1. */
  readonly progress: number;
  readonly blocked: Setting['blocked'];
  /** Where the walker is asked which way it would go, and what it says there. */
  readonly probe?: { readonly x: number; readonly y: number } | undefined;
  readonly density?: Pick<LabDensity, 'kind' | 'samples'> | undefined;
}

/** The lake from above, walks up to now, and the probe with arrows of sampled velocities. */
export function drawMap(context: CanvasRenderingContext2D, size: number, colours: Colours, scene: MapScene): void {
  const { unit, x, y } = scaleOf(size);
  const disc = (at: { x: number; y: number; radius: number }) => {
    context.beginPath();
    context.arc(x(at.x), y(at.y), at.radius * unit, 0, 2 * Math.PI);
  };
  context.clearRect(0, 0, size, size);
  context.lineWidth = 1;
  context.strokeStyle = colours.faint;
  context.strokeRect(x(-border), y(border), 2 * border * unit, 2 * border * unit);
  context.fillStyle = colours.water;
  disc(lake);
  context.fill();
  if (scene.blocked !== 'none') {
    const side = scene.blocked === 'upper' ? 1 : -1;
    const top = side > 0 ? y(border) : y(-lake.radius);
    context.fillRect(x(-0.05), top, 0.1 * unit, (border - lake.radius) * unit);
  }
  context.setLineDash([4, 3]);
  context.strokeStyle = colours.ink;
  disc(home);
  context.stroke();
  context.setLineDash([]);
  context.lineWidth = 1.3;
  for (const walk of scene.walks) drawWalk(context, { x, y }, colours, walk, scene.progress);
  context.fillStyle = colours.ink;
  disc({ ...start, radius: 0.04 });
  context.fill();
  context.font = `${Math.max(11, 0.13 * unit)}px system-ui, sans-serif`;
  // Beside the walks, which go to the right, and on the map, however small.
  context.textAlign = 'right';
  context.fillText('start', Math.max(x(start.x + 0.08), context.measureText('start').width + 4), y(start.y - 0.3));
  context.textAlign = 'center';
  context.fillText('home', x(home.x), y(home.y - 0.45));
  context.fillText('lake', x(0), y(-0.04));
  if (scene.probe !== undefined) drawProbe(context, { x, y, unit }, colours, { ...scene, probe: scene.probe });
}

/** A way that somebody has drawn. */
export function drawStroke(
  context: CanvasRenderingContext2D,
  size: number,
  colours: Colours,
  stroke: readonly { readonly x: number; readonly y: number }[],
): void {
  const { x, y } = scaleOf(size);
  context.strokeStyle = colours.ink;
  context.lineWidth = 2.5;
  context.lineJoin = context.lineCap = 'round';
  context.beginPath();
  for (const point of stroke) context.lineTo(x(point.x), y(point.y));
  context.stroke();
  context.lineWidth = 1;
}

type Scale = { x(x: number): number; y(y: number): number };

function drawWalk(
  context: CanvasRenderingContext2D,
  { x, y }: Scale,
  colours: Colours,
  walk: Walk,
  progress: number,
): void {
  const { positions, outcome, bank } = walk;
  const legs = positions.length / 2 - 1;
  const reached = progress * legs;
  context.strokeStyle =
    outcome === 'home' && bank !== null ? colours[bank] : outcome === 'drowned' ? colours.ink : colours.faint;
  context.globalAlpha = outcome === 'home' ? 0.6 : 0.4;
  context.setLineDash(outcome === 'timeout' ? [2, 2] : []);
  context.beginPath();
  context.moveTo(x(positions[0]!), y(positions[1]!));
  let [endX, endY] = [positions[0]!, positions[1]!];
  for (let leg = 0; leg < legs && leg < reached; leg++) {
    const part = Math.min(1, reached - leg);
    endX = positions[2 * leg]! + part * (positions[2 * leg + 2]! - positions[2 * leg]!);
    endY = positions[2 * leg + 1]! + part * (positions[2 * leg + 3]! - positions[2 * leg + 1]!);
    context.lineTo(x(endX), y(endY));
  }
  context.stroke();
  context.setLineDash([]);
  if (progress < 1) {
    context.fillStyle = context.strokeStyle;
    context.globalAlpha = 0.9;
    context.beginPath();
    context.arc(x(endX), y(endY), 2, 0, 2 * Math.PI);
    context.fill();
  }
  if (outcome === 'drowned' && progress === 1) {
    context.globalAlpha = 0.8;
    context.beginPath();
    for (const side of [-1, 1]) {
      context.moveTo(x(endX) - 3, y(endY) - 3 * side);
      context.lineTo(x(endX) + 3, y(endY) + 3 * side);
    }
    context.stroke();
  }
  context.globalAlpha = 1;
}

function drawProbe(
  context: CanvasRenderingContext2D,
  { x, y, unit }: Scale & { unit: number },
  colours: Colours,
  {
    probe,
    density,
  }: { readonly probe: { readonly x: number; readonly y: number }; readonly density?: MapScene['density'] },
): void {
  context.strokeStyle = colours.ink;
  context.lineWidth = 1.2;
  for (const [vx, vy] of density === undefined ? [] : sampledVelocities(density)) {
    context.globalAlpha = 0.5;
    context.beginPath();
    context.moveTo(x(probe.x), y(probe.y));
    context.lineTo(x(probe.x + 0.4 * vx), y(probe.y + 0.4 * vy));
    context.stroke();
  }
  context.globalAlpha = 1;
  context.beginPath();
  context.arc(x(probe.x), y(probe.y), Math.max(5, 0.07 * unit), 0, 2 * Math.PI);
  context.fillStyle = colours.paper;
  context.fill();
  context.lineWidth = 2;
  context.stroke();
  context.lineWidth = 1;
}

/** For the ring about a mode at the edge. */
const ROOM = 1.12;

/** What is drawn of π(· | here). */
interface DensityScene {
  readonly density: Pick<LabDensity, 'kind' | 'density' | 'truth'> | undefined;
  readonly modes: readonly Mode[] | undefined;
  readonly probe: { readonly x: number; readonly y: number };
  /** The colour of the policy. */
  readonly colour: string;
  /** Half-width of the panel, see {@link densityExtent}: panels that are compared have one. */
  readonly extent: number;
}

/** The half-width of a panel that holds all of these. */
export function densityExtent(densities: readonly Pick<LabDensity, 'density' | 'truth'>[]): number {
  return (
    ROOM * headingExtent([1 / (2 * Math.PI)], ...densities.flatMap((each) => [each.density, each.truth?.density ?? []]))
  );
}

/**
 * Which way the next step goes: a curve about the probe, the further out the denser, so that areas are probabilities, over the soft
 * optimum. The wedge holds the directions in which a straight walk meets the lake, rings mark the modes.
 */
export function drawDensity(
  context: CanvasRenderingContext2D,
  size: number,
  colours: Colours,
  { density, ...scene }: DensityScene,
): void {
  context.clearRect(0, 0, size, size);
  drawWedge(context, size, colours, scene.probe);
  if (density !== undefined) drawDirections(context, size, colours, { density, ...scene });
  context.strokeStyle = colours.faint;
  context.lineWidth = 1;
  context.strokeRect(0.5, 0.5, size - 1, size - 1);
}

function drawDirections(
  context: CanvasRenderingContext2D,
  size: number,
  colours: Colours,
  {
    density: { kind, density, truth },
    modes,
    colour,
    extent,
  }: DensityScene & { readonly density: NonNullable<DensityScene['density']> },
): void {
  const at = (v: number) => ((v + extent) / (2 * extent)) * size;
  const trace = (values: readonly number[]) => {
    context.beginPath();
    for (const { x, y } of headingCurve(values)) context.lineTo(at(x), at(-y));
    context.closePath();
  };
  if (truth) {
    trace(truth.density);
    context.globalAlpha = 0.55;
    context.fillStyle = colours.faint;
    context.fill();
    context.globalAlpha = 1;
  }
  trace(density);
  context.fillStyle = colour;
  context.globalAlpha = truth ? 0 : 0.28;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = colour;
  context.lineWidth = 1.8;
  context.lineJoin = 'round';
  context.stroke();
  context.fillStyle = colours.ink;
  context.beginPath();
  context.arc(at(0), at(0), 3, 0, 2 * Math.PI);
  context.fill();
  for (const { x, logProb } of modes ?? []) {
    const angle = kind === 'heading' ? x[0]! : Math.atan2(x[1]!, x[0]!);
    const cell = Math.floor(((angle + Math.PI) / (2 * Math.PI)) * density.length);
    const radius = kind === 'heading' ? Math.exp(logProb / 2) : Math.sqrt(density[cell % density.length]!);
    ring(context, colours, at(radius * Math.cos(angle)), at(-radius * Math.sin(angle)));
  }
}

function ring(context: CanvasRenderingContext2D, colours: Colours, x: number, y: number): void {
  for (const [colour, width] of [
    [colours.paper, 4],
    [colours.ink, 2],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.arc(x, y, 7, 0, 2 * Math.PI);
    context.stroke();
  }
  context.lineWidth = 1;
}

/** The directions in which the lake lies, seen from the probe. */
function drawWedge(
  context: CanvasRenderingContext2D,
  size: number,
  colours: Colours,
  probe: DensityScene['probe'],
): void {
  const view = lakeView(probe);
  if (view === undefined) return;
  context.fillStyle = colours.water;
  context.save();
  context.beginPath();
  context.rect(0, 0, size, size);
  context.clip();
  context.beginPath();
  context.moveTo(size / 2, size / 2);
  context.arc(size / 2, size / 2, 1.5 * size, -view.middle - view.half, -view.middle + view.half);
  context.closePath();
  context.fill();
  context.restore();
}

/** One half of a picture. */
interface PictureSide {
  readonly title: string;
  readonly caption: string;
  readonly map: HTMLCanvasElement;
  readonly heat: HTMLCanvasElement;
}

/** Pixels of a panel, and of what is between and around. */
const [PANEL, GAP] = [440, 32];

/** What the lab shows, as a PNG: heading, and of both halves map and density. */
export async function pictureOf(heading: string, sides: readonly PictureSide[], colours: Colours): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = sides.length * (2 * PANEL + GAP) + (sides.length + 1) * GAP;
  canvas.height = PANEL + 190;
  const context = canvas.getContext('2d')!;
  context.fillStyle = colours.paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  const write = (text: string, x: number, y: number, font: string, width: number) => {
    context.font = `${font} system-ui, sans-serif`;
    context.fillText(text, x, y, width);
  };
  context.fillStyle = colours.ink;
  write(heading, GAP, 58, '600 34px', canvas.width - 2 * GAP);
  sides.forEach(({ title, caption, map, heat }, i) => {
    const left = GAP + i * (2 * PANEL + 2 * GAP);
    context.fillStyle = colours.ink;
    write(title, left, 106, '600 26px', 2 * PANEL);
    write(caption, left, 140, '22px', 2 * PANEL);
    context.drawImage(map, left, 160, PANEL, PANEL);
    context.drawImage(heat, left + PANEL + GAP / 2, 160, PANEL, PANEL);
  });
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob === null ? reject(new Error('no picture')) : resolve(blob)), 'image/png'),
  );
}
