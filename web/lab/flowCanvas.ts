import { GRID, POINTS } from './flowProtocol.ts';
import type { Colours } from './lakeCanvas.ts';

/** What is drawn of a flow between two of its layers. */
export interface FlowScene {
  /** Where points are behind each layer, noise first. */
  readonly stages: readonly Float32Array[];
  /** 0: the noise; the number of layers: the samples. */
  readonly position: number;
  readonly grid: boolean;
  readonly quadrants: readonly string[];
  /** Half-widths of what is seen behind each layer. */
  readonly extents: readonly number[];
}

/** Points that move through the layers, coloured by the quadrant of the noise that they come from, over the warped grid. */
export function drawFlow(context: CanvasRenderingContext2D, size: number, colours: Colours, scene: FlowScene): void {
  const { stages, extents, position, grid, quadrants } = scene;
  context.clearRect(0, 0, size, size);
  context.strokeStyle = colours.faint;
  context.strokeRect(0.5, 0.5, size - 1, size - 1);
  if (stages.length === 0) return;
  const before = Math.min(stages.length - 1, Math.floor(position));
  const after = Math.min(stages.length - 1, before + 1);
  const part = position - before;
  const between = (from: number, to: number) => from + part * (to - from);
  const [a, b] = [stages[before]!, stages[after]!];
  const extent = between(extents[before]!, extents[after]!);
  const at = (i: number, sign: 1 | -1) => (0.5 + (0.5 * sign * between(a[i]!, b[i]!)) / extent) * size;
  if (grid) {
    context.globalAlpha = 0.55;
    context.beginPath();
    for (let line = 0; line < 2 * GRID.lines; line++) {
      for (let i = 0; i < GRID.points; i++) {
        const row = 2 * (POINTS + line * GRID.points + i);
        if (i === 0) context.moveTo(at(row, 1), at(row + 1, -1));
        else context.lineTo(at(row, 1), at(row + 1, -1));
      }
    }
    context.stroke();
  }
  context.globalAlpha = 0.75;
  const noise = stages[0]!;
  for (let i = 0; i < POINTS; i++) {
    context.fillStyle = quadrants[(noise[2 * i]! < 0 ? 1 : 0) + (noise[2 * i + 1]! < 0 ? 2 : 0)]!;
    context.fillRect(at(2 * i, 1) - 1.4, at(2 * i + 1, -1) - 1.4, 2.8, 2.8);
  }
  context.globalAlpha = 1;
  const followed = a.length - 2;
  context.beginPath();
  context.arc(at(followed, 1), at(followed + 1, -1), 7, 0, 2 * Math.PI);
  context.fillStyle = colours.paper;
  context.fill();
  context.lineWidth = 2.5;
  context.strokeStyle = colours.ink;
  context.stroke();
  context.lineWidth = 1;
}
