import type { Mode } from 'oxbow';
import { headingCurve, headingExtent, lakeView } from '../../envs/lake/lakeView.ts';
import type { LabDensity } from './actionView.ts';
import type { Colours } from './lakeCanvas.ts';

/** For the ring about a mode at the edge. */
const ROOM = 1.12;

/** What is drawn of π(· | here). */
export interface DensityScene {
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
