import type { Mode } from 'oxbow';
import { headingCurve, headingExtent } from '../../experiments/lake/headings/headingCurve.ts';
import { lakeView } from '../../experiments/lake/walks/lakeView.ts';
import type { HeadingDensity, LabDensity, VelocityDensity } from './actionView.ts';
import type { Colours } from './lakeCanvas.ts';

/** For the ring about a mode at the edge. */
const ROOM = 1.15;

/** What is drawn of π(· | here). */
export interface DensityScene<D extends LabDensity = LabDensity> {
  readonly density: D;
  readonly modes: readonly Mode[] | undefined;
  readonly probe: { readonly x: number; readonly y: number };
  /** The colour of the policy. */
  readonly colour: string;
}

/** Over velocities or headings; the wedge holds the directions in which a straight walk meets the lake, rings mark the modes. */
export function drawDensity(
  context: CanvasRenderingContext2D,
  size: number,
  colours: Colours,
  { density, ...scene }: DensityScene,
): void {
  context.clearRect(0, 0, size, size);
  drawWedge(context, size, colours, scene.probe);
  if (density.kind === 'velocity') drawVelocities(context, size, colours, { density, ...scene });
  else drawHeadings(context, size, colours, { density, ...scene });
  context.strokeStyle = colours.faint;
  context.strokeRect(0.5, 0.5, size - 1, size - 1);
}

/** The darker, the denser, up to its own peak. A circle marks full speed. */
function drawVelocities(
  context: CanvasRenderingContext2D,
  size: number,
  colours: Colours,
  { density: { extent, size: cells, density }, modes }: DensityScene<VelocityDensity>,
): void {
  const at = (v: number) => ((v + extent) / (2 * extent)) * size;
  context.drawImage(picture(cells, density, colours.ink), 0, 0, size, size);
  context.strokeStyle = colours.faint;
  context.setLineDash([4, 3]);
  context.beginPath();
  context.arc(at(0), at(0), at(1) - at(0), 0, 2 * Math.PI);
  context.stroke();
  context.setLineDash([]);
  for (const { x } of modes ?? []) ring(context, colours, at(x[0]!), at(-x[1]!));
}

/** A line about the probe, in the policy's colour, over the area of the soft optimum. */
function drawHeadings(
  context: CanvasRenderingContext2D,
  size: number,
  colours: Colours,
  { density: { density, truth }, modes, colour }: DensityScene<HeadingDensity>,
): void {
  const extent = ROOM * headingExtent(density, truth?.density ?? []);
  const at = (v: number) => ((v + extent) / (2 * extent)) * size;
  const trace = (values: readonly number[]) => {
    context.beginPath();
    for (const { x, y } of headingCurve(values)) context.lineTo(at(x), at(-y));
  };
  if (truth !== null) {
    trace(truth.density);
    context.globalAlpha = 0.55;
    context.fillStyle = colours.faint;
    context.fill();
    context.globalAlpha = 1;
  }
  trace(density);
  context.strokeStyle = colour;
  context.lineWidth = 1.6;
  context.stroke();
  context.fillStyle = colours.ink;
  context.beginPath();
  context.arc(at(0), at(0), 2.5, 0, 2 * Math.PI);
  context.fill();
  for (const { x, logProb } of modes ?? []) {
    const radius = Math.exp(logProb / 2);
    ring(context, colours, at(radius * Math.cos(x[0]!)), at(-radius * Math.sin(x[0]!)));
  }
}

function ring(context: CanvasRenderingContext2D, colours: Colours, x: number, y: number): void {
  for (const [colour, width] of [
    [colours.paper, 4],
    [colours.upper, 2],
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
