import { type Body, type Geom, type Joint, mjcf } from '../mjcf.ts';

/** How the four legs point away from the torso: (x, y), anticlockwise from front and left. A quarter turn makes each the next. */
const corners = [
  [1, 1],
  [-1, 1],
  [-1, -1],
  [1, -1],
] as const;

const radius = 0.08;
/** Of hip and knee, and from the knee to the foot, along x and along y, m. */
const short = 0.2;
const long = 0.4;

function leg([x, y]: readonly [number, number], i: number): Body {
  const segment = (length: number): Geom => ({
    name: `leg${i} ${length === long ? 'shin' : 'thigh'}`,
    type: 'capsule',
    fromto: [0, 0, 0, length * x, length * y, 0],
    size: [radius],
  });
  const pos = [short * x, short * y, 0];
  const hip: Joint = { name: `hip${i}`, type: 'hinge', axis: [0, 0, 1], range: [-30, 30] };
  // Bent down where positive, in every leg.
  const ankle: Joint = { name: `ankle${i}`, type: 'hinge', axis: [-y, x, 0], range: [30, 70] };
  return {
    name: `leg${i}`,
    geoms: [{ ...segment(short), name: `leg${i} root` }],
    bodies: [
      {
        name: `thigh${i}`,
        pos,
        joints: [hip],
        geoms: [segment(short)],
        bodies: [{ name: `shin${i}`, pos, joints: [ankle], geoms: [segment(long)] }],
      },
    ],
  };
}

/**
 * An ant of four equal legs, each with a hip and an ankle: what it can do in one direction it can do in the other three, too. Its size and
 * mass are about those of Gymnasium's Ant, its motors are weaker.
 * @param land what else there is, and stands still
 */
export function fourLeggedAnt(land: readonly Geom[] = []): string {
  return mjcf({
    model: 'four-legged ant',
    compiler: { angle: 'degree', inertiafromgeom: true },
    size: { memory: '1M' },
    option: { timestep: 0.01, integrator: 'implicitfast' },
    default: {
      joint: { armature: 1, damping: 1 },
      geom: { conaffinity: 0, condim: 3, density: 5, friction: [1, 0.5, 0.5], margin: 0.01 },
      motor: { ctrlrange: [-1, 1], gear: 40 },
    },
    geoms: [{ name: 'floor', type: 'plane', conaffinity: 1, size: [40, 40, 40] }, ...land],
    bodies: [
      {
        name: 'torso',
        pos: [0, 0, 0.75],
        joints: [{ name: 'root', type: 'free', armature: 0, damping: 0, limited: false, margin: 0.01 }],
        geoms: [{ name: 'torso', type: 'sphere', size: [0.25] }],
        bodies: corners.map(leg),
      },
    ],
    motors: corners.flatMap((_, i) => [
      { name: `hip${i}`, joint: `hip${i}` },
      { name: `ankle${i}`, joint: `ankle${i}` },
    ]),
  });
}
