import { onBeforeUnmount, onMounted, type Ref } from 'vue';
import { type ColourName, policyColours, resolveColours, type Theme, themeColour } from '../../envs/drawing/palette.ts';

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

/** Draws again when a place has another width. */
export function onResize(place: Ref<HTMLElement | undefined>, draw: () => void): void {
  let width = 0;
  // What is drawn may change the place's height: not in the observer's own turn.
  const observer =
    typeof ResizeObserver === 'undefined'
      ? undefined
      : new ResizeObserver(([entry]) => {
          if (entry === undefined || entry.contentRect.width === width) return;
          ({ width } = entry.contentRect);
          requestAnimationFrame(draw);
        });
  onMounted(() => place.value !== undefined && observer?.observe(place.value));
  onBeforeUnmount(() => observer?.disconnect());
}

/** A colour of the reports by name, as a canvas needs it. */
function colourOf(theme: Theme, name: ColourName): string {
  return resolveColours(themeColour(name), theme);
}

/** The colours of the reports, for a map: blue-green and red for the banks. */
export function paletteOf(theme: Theme): Colours {
  return {
    ink: colourOf(theme, 'ink'),
    faint: colourOf(theme, 'faint'),
    line: colourOf(theme, 'line'),
    water: colourOf(theme, 'water'),
    paper: colourOf(theme, 'paper'),
    upper: colourOf(theme, 'policy-2'),
    lower: colourOf(theme, 'policy-6'),
  };
}

/** The colour that one of the policies has in the reports. */
export function policyColour(theme: Theme, policies: readonly string[], policy: string): string {
  return resolveColours(policyColours(policies).range[policies.indexOf(policy)]!, theme);
}

/** Four colours that stand apart, for the quadrants. */
export function quadrantsOf(theme: Theme): string[] {
  return (['policy-2', 'policy-6', 'policy-1', 'policy-4'] as const).map((name) => colourOf(theme, name));
}
