import { onBeforeUnmount, onMounted, type Ref } from 'vue';

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
