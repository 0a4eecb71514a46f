import { type Body, mjcf } from '../mjcf.ts';

const radius = 0.08;
/** Of the two horizontal coordinates of a joint: a leg goes off along a diagonal. */
const step = 0.2;

interface Leg {
  readonly name: string;
  readonly number: number;
  /** Signs of the diagonal along which it stands. */
  readonly x: 1 | -1;
  readonly y: 1 | -1;
}

const legs: readonly Leg[] = [
  { name: 'front_left_leg', number: 1, x: 1, y: 1 },
  { name: 'front_right_leg', number: 2, x: -1, y: 1 },
  { name: 'back_leg', number: 3, x: -1, y: -1 },
  { name: 'right_back_leg', number: 4, x: 1, y: -1 },
];

/** A part that does not move on the torso, one that turns about z at the hip, and one that bends at the ankle. */
function legOf({ name, number, x, y }: Leg): Body {
  const bone = (part: string, length: number) => ({
    name: `${part}_${number}`,
    type: 'capsule' as const,
    fromto: [0, 0, 0, length * x, length * y, 0],
    size: [radius],
  });
  const pos = [step * x, step * y, 0];
  return {
    name,
    geoms: [bone('hip', step)],
    bodies: [
      {
        name: `upper_${number}`,
        pos,
        joints: [{ name: `hip_${number}`, axis: [0, 0, 1], range: [-30, 30] }],
        geoms: [bone('upper', step)],
        bodies: [
          {
            name: `lower_${number}`,
            pos,
            joints: [{ name: `ankle_${number}`, axis: [-x * y, 1, 0], range: x > 0 ? [30, 70] : [-70, -30] }],
            geoms: [bone('lower', 2 * step)],
          },
        ],
      },
    ],
  };
}

/** A ball on four legs, after Schulman et al. (2015), arXiv:1506.02438: the model of Gymnasium's Ant-v5. */
export const ant = mjcf({
  model: 'ant',
  compiler: { angle: 'degree', inertiafromgeom: true },
  size: { memory: '250K' },
  option: { timestep: 0.01, integrator: 'RK4' },
  default: {
    joint: { armature: 1, damping: 1, limited: true },
    geom: { conaffinity: 0, condim: 3, density: 5, friction: [1, 0.5, 0.5], margin: 0.01 },
    motor: { ctrlrange: [-1, 1], gear: 150 },
  },
  geoms: [{ name: 'floor', type: 'plane', conaffinity: 1, size: [40, 40, 40] }],
  bodies: [
    {
      name: 'torso',
      pos: [0, 0, 0.75],
      joints: [{ name: 'root', type: 'free', armature: 0, damping: 0, limited: false, margin: 0.01 }],
      geoms: [{ name: 'torso', type: 'sphere', size: [0.25] }],
      bodies: legs.map(legOf),
    },
  ],
  motors: [4, 1, 2, 3].flatMap((number) => [{ joint: `hip_${number}` }, { joint: `ankle_${number}` }]),
});
