import type { Scene, Solid, Vector3 } from './scene.ts';

/** Colours as CSS: of the ground and what is behind, the grid, what motors move, all else. */
export interface StageColours {
  readonly paper: string;
  readonly line: string;
  readonly robot: string;
  readonly other: string;
}

/** How far the eye moves: degrees to the right and upwards, and by what factor nearer. */
export interface Turn {
  readonly around: number;
  readonly rise: number;
  readonly nearer: number;
}

/** A canvas on which a scene stands; what is asked for is there in the next frame. */
export interface SceneStage {
  show(pose: ArrayLike<number>): void;
  paint(colours: StageColours): void;
  /** CSS pixels, and how many of the screen's each of them has. */
  resize(width: number, height: number, ratio: number): void;
  turn(turn: Turn): void;
  /** To where the eye was at first. */
  turnBack(): void;
}

/** What a stage uses of the package `three`. */
export type StageThree = Pick<
  typeof import('three'),
  | 'AmbientLight'
  | 'BoxGeometry'
  | 'CapsuleGeometry'
  | 'Color'
  | 'CylinderGeometry'
  | 'DirectionalLight'
  | 'DoubleSide'
  | 'Fog'
  | 'Group'
  | 'Mesh'
  | 'MeshLambertMaterial'
  | 'PCFShadowMap'
  | 'PerspectiveCamera'
  | 'PlaneGeometry'
  | 'Scene'
  | 'ShaderMaterial'
  | 'ShadowMaterial'
  | 'SphereGeometry'
  | 'SRGBColorSpace'
  | 'Vector3'
  | 'WebGLRenderer'
>;

/**
 * A scene in three dimensions: lit from above, with shadows and, where a plane is level, a grid on it, of metres or of a power of ten of them.
 * The eye follows the scene's body. Planes that stand are low fences.
 *
 * It uses nothing from outside of it: pages that are one file have its text.
 *
 * @throws where there is no WebGL
 */
export function sceneStage(
  three: StageThree,
  canvas: HTMLCanvasElement | OffscreenCanvas,
  scene: Scene,
  colours: StageColours,
): SceneStage {
  const { reach, view } = scene;
  const isFromSide = view === 'side';
  /** Degrees: the eye's direction, from the x axis and above the ground; and its distance in multiples of the usual one. */
  const usual = { turn: isFromSide ? -72 : -60, rise: isFromSide ? 14 : 40, distance: 1 };
  const limits = { rise: [2, 89], distance: [0.25, 4] } as const;
  const FIELD = 30;
  const eye = { ...usual };
  const context = canvas.getContext('webgl2', { antialias: true }) as WebGL2RenderingContext | null;
  if (context === null) throw new Error('this browser has no WebGL');
  const renderer = new three.WebGLRenderer({ canvas, context });
  renderer.shadowMap.enabled = true;
  renderer.shadowMap.type = three.PCFShadowMap;
  const world = new three.Scene();
  const camera = new three.PerspectiveCamera(FIELD, 1, reach / 20, reach * 80);
  camera.up.set(0, 0, 1);
  const middle = new three.Vector3(0, 0, scene.height);
  const ambient = new three.AmbientLight(0xffffff, 1.2);
  const sun = new three.DirectionalLight(0xffffff, 2.6);
  sun.castShadow = true;
  sun.shadow.mapSize.set(1024, 1024);
  const shadowed = sun.shadow.camera;
  [shadowed.left, shadowed.right, shadowed.bottom, shadowed.top] = [-2 * reach, 2 * reach, -2 * reach, 2 * reach];
  [shadowed.near, shadowed.far] = [reach, 12 * reach];
  sun.shadow.radius = 2;
  sun.shadow.normalBias = reach / 200;
  const fog = new three.Fog(0xffffff, 5 * reach, 14 * reach);
  world.fog = fog;
  world.add(ambient, sun, sun.target);

  const robotMaterial = new three.MeshLambertMaterial();
  const otherMaterial = new three.MeshLambertMaterial();
  const fenceMaterial = new three.MeshLambertMaterial({ side: three.DoubleSide });
  const gridMaterial = new three.ShaderMaterial({
    uniforms: { color: { value: new three.Color() }, step: { value: gridStep() }, far: { value: 10 * reach } },
    vertexShader: `
      varying vec3 place;
      varying vec2 offset;
      void main() {
        vec4 at = modelMatrix * vec4(position, 1.0);
        place = at.xyz;
        offset = position.xy;
        gl_Position = projectionMatrix * viewMatrix * at;
      }`,
    fragmentShader: `
      uniform vec3 color;
      uniform float step;
      uniform float far;
      varying vec3 place;
      varying vec2 offset;
      void main() {
        vec2 at = place.xy / step;
        vec2 width = fwidth(at);
        vec2 near = 1.0 - min(abs(fract(at - 0.5) - 0.5) / width, 1.0);
        vec2 seen = near * (1.0 - smoothstep(0.25, 0.8, width));
        gl_FragColor = vec4(color, max(seen.x, seen.y) * (1.0 - smoothstep(0.3 * far, far, length(offset))));
        #include <colorspace_fragment>
      }`,
    transparent: true,
    depthWrite: false,
  });
  const shadowMaterial = new three.ShadowMaterial({ opacity: 0.28, depthWrite: false });
  const groups = Array.from({ length: scene.bodies + 1 }, () => new three.Group());
  world.add(...groups);
  const planes = scene.solids.filter(({ kind }) => kind === 'plane');
  for (const solid of scene.solids) if (solid.kind !== 'plane') addSolid(solid);
  const floor = planes.find(({ body, quaternion: [, x, y] }) => body === 0 && x * x + y * y < 1e-6);
  const ground = new three.Group();
  if (floor !== undefined) addGround();
  for (const plane of planes) if (plane !== floor) addFence(plane);
  const shown = new Float64Array(7 * scene.bodies);
  let [width, height] = [0, 0];
  let isDue = false;
  paint(colours);

  function addSolid(solid: Solid): void {
    const { kind, size, colour, isRobot } = solid;
    let material = isRobot ? robotMaterial : otherMaterial;
    if (colour !== undefined) {
      material = new three.MeshLambertMaterial({
        color: new three.Color().setRGB(...(colour as [number, number, number]), three.SRGBColorSpace),
      });
    }
    const mesh = new three.Mesh(geometryOf(kind, size), material);
    place(mesh, solid.position, solid.quaternion);
    mesh.castShadow = mesh.receiveShadow = true;
    groups[solid.body]!.add(mesh);
  }

  /** Those of three stand along y, a model's along z. */
  function geometryOf(kind: Solid['kind'], [a, b, c]: Vector3) {
    switch (kind) {
      case 'capsule':
        return new three.CapsuleGeometry(a, 2 * c, 8, 24).rotateX(Math.PI / 2);
      case 'cylinder':
        return new three.CylinderGeometry(a, a, 2 * c, 64).rotateX(Math.PI / 2);
      case 'box':
        return new three.BoxGeometry(2 * a, 2 * b, 2 * c);
      default:
        return new three.SphereGeometry(1, 32, 20).rotateX(Math.PI / 2).scale(a, b, c);
    }
  }

  function place(
    thing: InstanceType<StageThree['Group']> | InstanceType<StageThree['Mesh']>,
    [x, y, z]: ArrayLike<number> & Iterable<number>,
    [w, i, j, k]: ArrayLike<number> & Iterable<number>,
  ): void {
    thing.position.set(x!, y!, z!);
    thing.quaternion.set(i!, j!, k!, w!);
  }

  /** The power of ten of a metre that is nearest to the reach, on the side of small ones. */
  function gridStep(): number {
    let found = 1;
    while (0.7 * found > reach) found /= 10;
    while (7 * found < reach) found *= 10;
    return found;
  }

  function addGround(): void {
    const sheet = new three.PlaneGeometry(24 * reach, 24 * reach);
    const shadows = new three.Mesh(sheet, shadowMaterial);
    shadows.receiveShadow = true;
    ground.add(new three.Mesh(sheet, gridMaterial), shadows);
    ground.position.z = floor!.position[2];
    world.add(ground);
  }

  function addFence({ size: [a, b], body, position, quaternion }: Solid): void {
    const upright = new three.Vector3(1, 0, 0);
    const mesh = new three.Mesh(new three.PlaneGeometry(1, 1), fenceMaterial);
    place(mesh, position, quaternion);
    const isUpright = Math.abs(upright.applyQuaternion(mesh.quaternion).z) > 0.5;
    const [high, long] = [0.1 * reach, 2 * ((isUpright ? b : a) || 12 * reach)];
    mesh.scale.set(isUpright ? high : long, isUpright ? long : high, 1);
    groups[body]!.add(mesh);
  }

  function paint({ paper, line, robot, other }: StageColours): void {
    world.background = new three.Color(paper);
    fog.color.set(paper);
    gridMaterial.uniforms.color!.value.set(line);
    robotMaterial.color.set(robot);
    otherMaterial.color.set(other);
    fenceMaterial.color.set(line);
    invalidate();
  }

  function show(pose: ArrayLike<number>): void {
    shown.set(pose);
    for (let body = 1; body <= scene.bodies; body++) {
      const at = 7 * (body - 1);
      place(groups[body]!, shown.subarray(at, at + 3), shown.subarray(at + 3, at + 7));
    }
    invalidate();
  }

  function resize(wide: number, high: number, ratio: number): void {
    [width, height] = [wide, high];
    renderer.setPixelRatio(ratio);
    renderer.setSize(wide, high, false);
    invalidate();
  }

  function invalidate(): void {
    if (!isDue) requestAnimationFrame(draw);
    isDue = true;
  }

  function draw(): void {
    isDue = false;
    if (width === 0 || height === 0) return;
    const { followed } = scene;
    if (followed > 0) {
      const [x, y, z] = shown.subarray(7 * (followed - 1));
      // The ground stays where it is, unless the robot flies.
      const flight = Math.min(0.4 * reach, Math.max(-0.4 * reach, z! - scene.height));
      middle.set(x!, y!, z! - flight);
    }
    [ground.position.x, ground.position.y] = [middle.x, middle.y];
    // What is as high and wide as the reach is in sight.
    const far = 4.3 * reach * eye.distance * Math.max(1, height / width / 0.66);
    const sight = new three.Vector3(0, 0, scene.sight).add(middle);
    const turned = { polar: ((90 - eye.rise) * Math.PI) / 180, around: ((eye.turn + 90) * Math.PI) / 180 };
    // three measures the polar angle from y: its z is our x, its x our y.
    const from = new three.Vector3().setFromSphericalCoords(far, turned.polar, turned.around);
    camera.position.set(from.x, -from.z, from.y).add(sight);
    camera.aspect = width / height;
    camera.updateProjectionMatrix();
    camera.lookAt(sight);
    [fog.near, fog.far] = [far + 2 * reach, far + 12 * reach];
    sun.target.position.copy(middle);
    sun.position.set(middle.x - 2 * reach, middle.y - 2.2 * reach, middle.z + 5 * reach);
    renderer.render(world, camera);
  }

  function turn({ around, rise, nearer }: Turn): void {
    const within = (value: number, [least, most]: readonly [number, number]) => Math.min(most, Math.max(least, value));
    eye.turn += around;
    eye.rise = within(eye.rise + rise, limits.rise);
    eye.distance = within(eye.distance / nearer, limits.distance);
    invalidate();
  }

  function turnBack(): void {
    Object.assign(eye, usual);
    invalidate();
  }

  return { show, paint, resize, turn, turnBack };
}

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

/**
 * The pose of a moment, between two poses what lies between them. It uses nothing from outside of it: pages that are one file have its text.
 * @param poses pose after pose, each `[bodies, 7]`
 * @param at counted in poses; before the first and after the last it is those
 */
export function poseAt(poses: ArrayLike<number>, bodies: number, at: number): Float64Array {
  const size = 7 * bodies;
  const last = poses.length / size - 1;
  const moment = Math.min(last, Math.max(0, at));
  const before = Math.floor(moment);
  const share = moment - before;
  const pose = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const from = poses[before * size + i]!;
    pose[i] = share === 0 ? from : from + share * (poses[(before + 1) * size + i]! - from);
  }
  if (share === 0) return pose;
  for (let i = 3; i < size; i += 7) {
    const start = before * size + i;
    // One rotation has two quaternions: the nearer one is meant.
    let product = 0;
    for (let j = start; j < start + 4; j++) product += poses[j]! * poses[j + size]!;
    const sign = product < 0 ? -1 : 1;
    let squares = 0;
    for (let j = 0; j < 4; j++) {
      pose[i + j] = (1 - share) * poses[start + j]! + share * sign * poses[start + j + size]!;
      squares += pose[i + j]! ** 2;
    }
    for (let j = 0; j < 4; j++) pose[i + j]! /= Math.sqrt(squares);
  }
  return pose;
}
