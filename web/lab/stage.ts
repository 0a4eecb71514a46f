import type { Scene } from '../../envs/drawing/scene.ts';
import { orbit, type StageColours, type Turn } from '../../envs/drawing/sceneStage.ts';

function makeWorker() {
  const worker = new Worker(new URL('./stage.worker.ts', import.meta.url), { type: 'module' });
  const ask = (request: StageRequest, given: Transferable[] = []) => worker.postMessage(request, given);
  return { worker, ask };
}

/**
 * Whether this browser draws in three dimensions outside of the page's own thread.
 * @param isAsked whether it may take the processor for that, which a training needs
 */
export async function canStage(isAsked: boolean): Promise<boolean> {
  if (typeof OffscreenCanvas === 'undefined') return false;
  const { worker, ask } = makeWorker();
  try {
    return await new Promise<boolean>((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<StageReply>) => resolve(data.kind === 'probed' && data.isAble);
      worker.onerror = () => resolve(false);
      ask({ kind: 'probe', isAsked });
    });
  } finally {
    worker.terminate();
  }
}

/**
 * A scene on a canvas, which no other stage may have had; drawn by a worker, so that the page does not wait for it.
 * @param onDrawn is called when the first picture is there
 */
export function startStage(canvas: HTMLCanvasElement, scene: Scene, colours: StageColours, onDrawn: () => void) {
  const { worker, ask } = makeWorker();
  worker.onmessage = ({ data }: MessageEvent<StageReply>) => data.kind === 'drawn' && onDrawn();
  const offscreen = canvas.transferControlToOffscreen();
  ask({ kind: 'begin', canvas: offscreen, scene, colours }, [offscreen]);
  const observer = new ResizeObserver(() => {
    const { clientWidth: width, clientHeight: height } = canvas;
    ask({ kind: 'resize', width, height, ratio: Math.min(2, devicePixelRatio) });
  });
  observer.observe(canvas);
  const endOrbit = orbit(
    canvas,
    (turn) => ask({ kind: 'turn', turn }),
    () => ask({ kind: 'turnBack' }),
  );
  return {
    show: (pose: Float64Array) => ask({ kind: 'show', pose }),
    paint: (next: StageColours) => ask({ kind: 'paint', colours: next }),
    stop: () => {
      observer.disconnect();
      endOrbit();
      worker.terminate();
    },
  };
}

/** What the page asks of the worker that draws one robot in three dimensions. */
export type StageRequest =
  /** Whether it can: by a graphics card, or by whatever there is if that is asked for. */
  | { readonly kind: 'probe'; readonly isAsked: boolean }
  | {
      readonly kind: 'begin';
      readonly canvas: OffscreenCanvas;
      readonly scene: Scene;
      readonly colours: StageColours;
    }
  | { readonly kind: 'resize'; readonly width: number; readonly height: number; readonly ratio: number }
  | { readonly kind: 'paint'; readonly colours: StageColours }
  | { readonly kind: 'show'; readonly pose: Float64Array }
  | { readonly kind: 'turn'; readonly turn: Turn }
  | { readonly kind: 'turnBack' };

/** What it says: to `probe`, and when the first picture is there. */
export type StageReply = { readonly kind: 'probed'; readonly isAble: boolean } | { readonly kind: 'drawn' };
