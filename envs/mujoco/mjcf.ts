/** Numbers of an attribute, in MuJoCo's units: metres, kilograms, seconds. */
export type Numbers = readonly number[];

/** How a shape meets others: {@link https://mujoco.readthedocs.io/en/stable/XMLreference.html#body-geom | geom}. */
interface Contact {
  contype?: number;
  conaffinity?: number;
  condim?: number;
  /** Sliding, torsional and rolling. */
  friction?: Numbers;
  margin?: number;
  solref?: Numbers;
  solimp?: Numbers;
}

/** A shape of a body: its mass, and what it bumps with. */
export interface Geom extends Contact {
  name?: string;
  type?: 'plane' | 'sphere' | 'capsule' | 'ellipsoid' | 'cylinder' | 'box';
  /** Radius, half length and so on, as the type has it. */
  size?: Numbers;
  pos?: Numbers;
  /** The two ends of a capsule or cylinder, in place of its half length and pose. */
  fromto?: Numbers;
  quat?: Numbers;
  axisangle?: Numbers;
  euler?: Numbers;
  /** kg/m³ */
  density?: number;
  mass?: number;
  /** Red, green, blue and opacity, each in [0, 1]. */
  rgba?: Numbers;
}

/** A joint between a body and its parent. */
export interface Joint {
  name?: string;
  type?: 'free' | 'ball' | 'slide' | 'hinge';
  axis?: Numbers;
  pos?: Numbers;
  /** The joint's value in the model's own pose. */
  ref?: number;
  range?: Numbers;
  limited?: boolean;
  armature?: number;
  damping?: number;
  stiffness?: number;
  margin?: number;
  frictionloss?: number;
  solreflimit?: Numbers;
  solimplimit?: Numbers;
}

/** A marked place on a body. */
interface Site {
  name: string;
  pos?: Numbers;
  size?: Numbers;
}

/** A rigid body, and those that hang on it. */
export interface Body {
  name?: string;
  pos?: Numbers;
  /** Whether it stands where `mjData`'s `mocap_pos` says, and nothing moves it. */
  mocap?: boolean;
  quat?: Numbers;
  axisangle?: Numbers;
  joints?: readonly Joint[];
  geoms?: readonly Geom[];
  sites?: readonly Site[];
  bodies?: readonly Body[];
}

/** A motor whose torque or force is its control times its gear. */
export interface Motor {
  name?: string;
  joint: string;
  gear?: number;
  ctrlrange?: Numbers;
}

/** A tendon that is a weighted sum of joints. */
interface FixedTendon {
  name: string;
  joints: readonly { readonly joint: string; readonly coef: number }[];
}

/** A model, with the names of MuJoCo's format MJCF. Angles are in radians unless `compiler.angle` says degrees. */
interface Mjcf {
  model: string;
  compiler?: { angle?: 'radian' | 'degree'; inertiafromgeom?: boolean; settotalmass?: number };
  /** `memory` is what an env's contacts may need, as `'100K'`; MuJoCo's own guess is megabytes. */
  size?: { memory?: string };
  option?: {
    timestep?: number;
    integrator?: 'Euler' | 'RK4' | 'implicit' | 'implicitfast';
    gravity?: Numbers;
    /** Of the medium, kg/m³. */
    density?: number;
    /** Of the medium, kg/(m·s). */
    viscosity?: number;
    solver?: 'PGS' | 'CG' | 'Newton';
    iterations?: number;
  };
  /** What joints, shapes and motors have that do not say otherwise. */
  default?: { joint?: Joint; geom?: Geom; motor?: Omit<Motor, 'joint'> };
  geoms?: readonly Geom[];
  bodies: readonly Body[];
  tendons?: readonly FixedTendon[];
  motors?: readonly Motor[];
}

type Value = string | number | boolean | Numbers | undefined;

/** The text of a model, which `MujocoEnv` and MuJoCo's other programs read. Numbers keep all their digits. */
export function mjcf({
  model,
  compiler,
  size,
  option,
  geoms = [],
  bodies,
  tendons = [],
  motors = [],
  ...rest
}: Mjcf): string {
  const { joint, geom, motor } = rest.default ?? {};
  return element('mujoco', { model }, [
    // MuJoCo's own default is degrees.
    element('compiler', { angle: 'radian', ...compiler }),
    ...optional('size', size),
    ...optional('option', option),
    ...group('default', [...optional('joint', joint), ...optional('geom', geom), ...optional('motor', motor)]),
    element('worldbody', {}, [...geoms.map(leaf('geom')), ...bodies.map(bodyText)]),
    ...group(
      'tendon',
      tendons.map(({ joints, ...fixed }) => element('fixed', fixed, joints.map(leaf('joint')))),
    ),
    ...group('actuator', motors.map(leaf('motor'))),
  ]);
}

function bodyText({ joints = [], geoms = [], sites = [], bodies = [], ...body }: Body): string {
  const children = [...joints.map(leaf('joint')), ...geoms.map(leaf('geom')), ...sites.map(leaf('site'))];
  return element('body', { ...body }, [...children, ...bodies.map(bodyText)]);
}

function leaf(tag: string) {
  return (attributes: object) => element(tag, { ...attributes } as Record<string, Value>);
}

function optional(tag: string, attributes: object | undefined): string[] {
  return attributes === undefined ? [] : [leaf(tag)(attributes)];
}

function group(tag: string, children: readonly string[]): string[] {
  return children.length === 0 ? [] : [element(tag, {}, children)];
}

function element(tag: string, attributes: Record<string, Value>, children: readonly string[] = []): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escaped(Array.isArray(value) ? value.join(' ') : String(value))}"`)
    .join('');
  return children.length === 0 ? `<${tag}${written}/>` : `<${tag}${written}>${children.join('')}</${tag}>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/**
 * The three joints of a body that moves in the plane y = 0: along x, along z, about y. Nothing resists them.
 * @param height of the body's middle, z in its own frame counted from there
 */
export function planarRoot(height?: number): Joint[] {
  const free: Joint = { armature: 0, damping: 0, stiffness: 0, limited: false };
  const pos = height === undefined ? {} : { pos: [0, 0, -height] };
  return [
    { ...free, ...pos, name: 'rootx', type: 'slide', axis: [1, 0, 0] },
    { ...free, ...pos, name: 'rootz', type: 'slide', axis: [0, 0, 1], ...(height !== undefined && { ref: height }) },
    { ...free, name: 'rooty', type: 'hinge', axis: [0, 1, 0] },
  ];
}
