import type { Scene } from '../../envs/drawing/scene.ts';
import type { StageColours, Turn } from '../../envs/drawing/sceneStage.ts';

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
