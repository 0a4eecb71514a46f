import type { Turn } from './sceneStage.ts';

/**
 * Lets a reader turn what a canvas shows: by dragging (with one finger to the sides, with two in all directions), and by the arrow keys. Pinching,
 * + and −, and the wheel while the canvas has the focus bring it nearer. Home puts it back.
 *
 * It uses nothing from outside of it: pages that are one file have its text.
 *
 * @returns what ends that
 */
export function orbit(canvas: HTMLCanvasElement, turn: (turn: Turn) => void, turnBack: () => void): () => void {
  const ended = new AbortController();
  const pointers = new Map<number, readonly [x: number, y: number]>();
  /** The middle of the pointers, and how far they are apart. */
  const spread = () => {
    const [one = [0, 0] as const, two = one] = pointers.values();
    const [dx, dy] = [two[0] - one[0], two[1] - one[1]];
    return { x: (one[0] + two[0]) / 2, y: (one[1] + two[1]) / 2, apart: Math.sqrt(dx * dx + dy * dy) };
  };
  const on = <K extends keyof HTMLElementEventMap>(kind: K, act: (event: HTMLElementEventMap[K]) => void) =>
    canvas.addEventListener(kind, act, { signal: ended.signal, passive: false });
  canvas.tabIndex = 0;
  // One finger that goes up or down scrolls the page.
  canvas.style.touchAction = 'pan-y';
  on('pointerdown', (event) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    canvas.setPointerCapture(event.pointerId);
  });
  on('pointermove', (event) => {
    if (!pointers.has(event.pointerId)) return;
    const before = spread();
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    const now = spread();
    const nearer = before.apart > 0 && now.apart > 0 ? now.apart / before.apart : 1;
    turn({ around: (before.x - now.x) / 3, rise: (now.y - before.y) / 3, nearer });
  });
  for (const kind of ['pointerup', 'pointercancel'] as const) on(kind, (event) => pointers.delete(event.pointerId));
  on('wheel', (event) => {
    // A wheel elsewhere scrolls the page; two fingers on a touchpad come with Ctrl.
    if (!event.ctrlKey && document.activeElement !== canvas) return;
    event.preventDefault();
    turn({ around: 0, rise: 0, nearer: event.deltaY < 0 ? 1.1 : 1 / 1.1 });
  });
  on('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const moves: Record<string, readonly [around: number, rise: number, nearer: number]> = {
      ArrowLeft: [-10, 0, 1],
      ArrowRight: [10, 0, 1],
      ArrowUp: [0, 5, 1],
      ArrowDown: [0, -5, 1],
      '+': [0, 0, 1.15],
      '=': [0, 0, 1.15],
      '-': [0, 0, 1 / 1.15],
    };
    const move = moves[event.key];
    if (move === undefined && event.key !== 'Home') return;
    event.preventDefault();
    if (move === undefined) turnBack();
    else turn({ around: move[0], rise: move[1], nearer: move[2] });
  });
  return () => ended.abort();
}
