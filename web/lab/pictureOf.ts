import type { Colours } from './lakeCanvas.ts';

/** One half of a picture. */
export interface PictureSide {
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
