/**
 * A context in CSS pixels, on a canvas with as many pixels as the screen has there, and its width in CSS pixels.
 * @param aspect its width by its height
 */
export function canvasContext(
  canvas: HTMLCanvasElement | null | undefined,
  aspect = 1,
): [CanvasRenderingContext2D | undefined, number] {
  if (canvas == null) return [undefined, 0];
  const size = canvas.clientWidth;
  const ratio = window.devicePixelRatio;
  const [width, height] = [Math.round(size * ratio), Math.round((size / aspect) * ratio)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d') ?? undefined;
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return [context, size];
}
