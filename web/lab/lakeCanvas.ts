import type { Walk } from '../../agents/lake.ts';
import { border, home, lake, start } from '../../envs/lake/lakeMap.ts';
import { type LabDensity, sampledVelocities } from './actionView.ts';
import type { Setting } from './setting.ts';

/** Colours as the page's theme has them. */
export interface Colours {
  readonly ink: string;
  readonly faint: string;
  readonly line: string;
  readonly water: string;
  readonly paper: string;
  readonly upper: string;
  readonly lower: string;
}

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
export interface MapScene {
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
