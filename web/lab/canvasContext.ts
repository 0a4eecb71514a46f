/** A context in CSS pixels, on a square canvas with as many pixels as the screen has there, and the side in CSS pixels. */
export function canvasContext(
  canvas: HTMLCanvasElement | null | undefined,
): [CanvasRenderingContext2D | undefined, number] {
  if (canvas == null) return [undefined, 0];
  const size = canvas.clientWidth;
  const ratio = window.devicePixelRatio;
  if (canvas.width !== Math.round(size * ratio)) canvas.width = canvas.height = Math.round(size * ratio);
  const context = canvas.getContext('2d') ?? undefined;
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return [context, size];
}
