import { portableMath } from '../../src/portableMath.ts';

type Box2d = typeof import('planck');

let physics: Box2d | undefined;
let loading: Promise<void> | undefined;

/**
 * Loads the physics, the package `planck`, once: `make('box2d/LunarLander-v3')` is possible from then on.
 * @throws one line, if the package is not installed, or does not compute the digits of the version and of the sines that are expected
 */
export async function loadBox2d(): Promise<void> {
  loading ??= load().finally(() => {
    loading = undefined;
  });
  await loading;
}

const INSTALL = 'npm install planck@1.5.0';

async function load(): Promise<void> {
  if (physics !== undefined) return;
  const next = await imported();
  if (tumble(next) !== TUMBLED) {
    throw new Error(`box2d: planck computes other digits than expected: ${INSTALL}, and let nothing import it before`);
  }
  physics = next;
}

/**
 * The package, which keeps the `Math.sin`, `cos` and `atan2` that it finds when it is loaded. Those of engines differ in their last bits; meanwhile ours
 * stand in their places.
 */
async function imported(): Promise<Box2d> {
  const { sin, cos, atan2 } = Math;
  Object.assign(Math, { sin: portableMath.sin, cos: portableMath.cos, atan2: portableMath.atan2 });
  try {
    return await import('planck');
  } catch (error) {
    throw new Error(`box2d: the package planck cannot be loaded: ${INSTALL}`, { cause: error });
  } finally {
    Object.assign(Math, { sin, cos, atan2 });
  }
}

/** What {@link tumble} gives with planck 1.5.0 and portable sines. */
const TUMBLED = '-2.453412082614796,0.34411050697166734,8.705940162662397';

/** Where a spinning polygon lies after it has hit the ground some times: contacts enlarge a difference in the last bit. */
function tumble({ World, Edge, Polygon }: Box2d): string {
  const world = new World({ gravity: { x: 0, y: -10 } });
  const ground = { shape: new Edge({ x: -50, y: 0 }, { x: 50, y: 0 }), restitution: 0.5 };
  world.createBody().createFixture(ground);
  const body = world.createBody({ type: 'dynamic', position: { x: 0, y: 4 }, angularVelocity: 7 });
  const corners = [
    [-0.5, 0],
    [0.6, -0.1],
    [0.3, 0.7],
  ] as const;
  body.createFixture({ shape: new Polygon(corners.map(([x, y]) => ({ x, y }))), density: 1, friction: 0.3 });
  for (let i = 0; i < 150; i++) world.step(1 / 50, 8, 3);
  const { x, y } = body.getPosition();
  return [x, y, body.getAngle()].join();
}

/** The loaded physics. @throws if it is not loaded */
export function box2d(): Box2d {
  if (physics === undefined) throw new Error("box2d: the physics is not loaded: await loadEnv('box2d/…') first");
  return physics;
}
