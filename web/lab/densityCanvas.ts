import type { Mode } from 'oxbow';
import { lake } from '../../envs/lake/lakeMap.ts';
import type { LabDensity } from './labPolicy.ts';
import type { Colours } from './lakeCanvas.ts';

/** What is drawn of π(· | here). */
export interface DensityScene {
  readonly density: LabDensity;
  readonly modes: readonly Mode[] | undefined;
  readonly probe: { readonly x: number; readonly y: number };
}

/**
 * The density over velocities: the darker, the denser, up to its own peak. A circle marks full speed, the wedge holds the directions
 * in which a straight walk meets the lake, rings mark the modes.
 */
export function drawDensity(
  context: CanvasRenderingContext2D,
  size: number,
  colours: Colours,
  scene: DensityScene,
): void {
  const {
    density: { extent, size: cells, density },
    modes,
    probe,
  } = scene;
  const at = (v: number) => ((v + extent) / (2 * extent)) * size;
  context.clearRect(0, 0, size, size);
  drawWedge(context, size, at, colours, probe);
  context.drawImage(picture(cells, density, colours.ink), 0, 0, size, size);
  context.strokeStyle = colours.faint;
  context.strokeRect(0.5, 0.5, size - 1, size - 1);
  context.setLineDash([4, 3]);
  context.beginPath();
  context.arc(at(0), at(0), at(1) - at(0), 0, 2 * Math.PI);
  context.stroke();
  context.setLineDash([]);
  for (const {
    x: [vx, vy],
  } of modes ?? []) {
    context.strokeStyle = colours.paper;
    context.lineWidth = 4;
    ring(context, at(vx!), at(-vy!));
    context.strokeStyle = colours.upper;
    context.lineWidth = 2;
    ring(context, at(vx!), at(-vy!));
  }
  context.lineWidth = 1;
}

function ring(context: CanvasRenderingContext2D, x: number, y: number): void {
  context.beginPath();
  context.arc(x, y, 7, 0, 2 * Math.PI);
  context.stroke();
}

/** The directions in which the lake lies, seen from the probe. */
function drawWedge(
  context: CanvasRenderingContext2D,
  size: number,
  at: (v: number) => number,
  colours: Colours,
  probe: DensityScene['probe'],
): void {
  const distance = Math.hypot(probe.x, probe.y);
  if (distance <= lake.radius) return;
  const [middle, half] = [Math.atan2(probe.y, -probe.x), Math.asin(lake.radius / distance)];
  context.fillStyle = colours.water;
  context.save();
  context.beginPath();
  context.rect(0, 0, size, size);
  context.clip();
  context.beginPath();
  context.moveTo(at(0), at(0));
  context.arc(at(0), at(0), 1.5 * size, middle - half, middle + half);
  context.closePath();
  context.fill();
  context.restore();
}

/** Ink, as opaque as it is dense. */
function picture(cells: number, density: Float32Array, ink: string): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = cells;
  const context = canvas.getContext('2d')!;
  context.fillStyle = ink;
  context.fillRect(0, 0, cells, cells);
  const image = context.getImageData(0, 0, cells, cells);
  const peak = density.reduce((most, value) => Math.max(most, value), 1e-30);
  density.forEach((value, i) => {
    const row = cells - 1 - Math.floor(i / cells);
    image.data[4 * (row * cells + (i % cells)) + 3] = Math.round((255 * value) / peak);
  });
  context.putImageData(image, 0, 0);
  return canvas;
}
