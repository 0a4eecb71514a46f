import {
  AmbientLight,
  BoxGeometry,
  CapsuleGeometry,
  Color,
  CylinderGeometry,
  DirectionalLight,
  DoubleSide,
  Fog,
  Group,
  Mesh,
  MeshLambertMaterial,
  PCFShadowMap,
  PerspectiveCamera,
  PlaneGeometry,
  Scene,
  ShaderMaterial,
  ShadowMaterial,
  SphereGeometry,
  SRGBColorSpace,
  Vector3,
  WebGLRenderer,
} from 'three';
import { type SceneStage, type StageThree, sceneStage } from '../../envs/drawing/sceneStage.ts';
import type { StageReply, StageRequest } from './stage.ts';

/** By name: a build leaves out the rest of the package. */
const three: StageThree = {
  AmbientLight,
  BoxGeometry,
  CapsuleGeometry,
  Color,
  CylinderGeometry,
  DirectionalLight,
  DoubleSide,
  Fog,
  Group,
  Mesh,
  MeshLambertMaterial,
  PCFShadowMap,
  PerspectiveCamera,
  PlaneGeometry,
  Scene,
  ShaderMaterial,
  ShadowMaterial,
  SphereGeometry,
  SRGBColorSpace,
  Vector3,
  WebGLRenderer,
};
/** How those call themselves that compute on the processor what a graphics card does. */
const ON_PROCESSOR = /swiftshader|llvmpipe|software|basic render/i;
let stage: SceneStage | undefined;
let isDrawn = false;

function reply(message: StageReply): void {
  postMessage(message);
}

function isAble(isAsked: boolean): boolean {
  const context = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (context === null) return false;
  const names = context.getExtension('WEBGL_debug_renderer_info');
  const name = String(context.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER));
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return isAsked || !ON_PROCESSOR.test(name);
}

addEventListener('message', ({ data }: MessageEvent<StageRequest>) => {
  switch (data.kind) {
    case 'probe':
      reply({ kind: 'probed', isAble: isAble(data.isAsked) });
      return;
    case 'begin':
      stage = sceneStage(three, data.canvas, data.scene, data.colours);
      return;
    case 'resize':
      stage?.resize(data.width, data.height, data.ratio);
      return;
    case 'paint':
      stage?.paint(data.colours);
      return;
    case 'show':
      stage?.show(data.pose);
      // The frame after the one that draws it.
      if (!isDrawn) requestAnimationFrame(() => requestAnimationFrame(() => reply({ kind: 'drawn' })));
      isDrawn = true;
      return;
    case 'turn':
      stage?.turn(data.turn);
      return;
    case 'turnBack':
      stage?.turnBack();
  }
});
