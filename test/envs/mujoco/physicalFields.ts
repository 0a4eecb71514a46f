import type { MainModule } from '@mujoco/mujoco';

/** What of a compiled model does not change its physics, by the names of MuJoCo's `mjModel`. */
const notPhysical = [
  // Colours, pictures, lights, cameras; `stat` scales what is drawn.
  /^n?(tex|mat|light|cam)/,
  /_(rgba|matid|bodylightadr|bodycamadr)$/,
  /^vis\b/,
  // Poses to start from, which nothing does.
  /^n?key/,
  // Names, and numbers of the user's own.
  /^n?names?(_|$)|_?nameadr$|^name_|^nnames|^n?paths?(_|$)/,
  /^n?(text|numeric|tuple|user)|^nuser_|_user$/,
  // How large memory is, and all of it as bytes.
  /^(buffer|nbuffer|narena|signature)$/,
];

/**
 * The fields of a model that its physics depends on, by their names: `opt.timestep`, `body_mass`. But for arrays of flags, such as
 * `jnt_limited`, which the package cannot read: a joint that is limited shows in its episodes.
 */
export function physicalFields(module: MainModule, xml: string): Map<string, number[]> {
  const model = module.MjModel.from_xml_string(xml);
  const fields = new Map<string, number[]>();
  const add = (prefix: string, part: object) => {
    // Fields are getters of the prototype.
    for (const name in part) {
      const value = numbersIn(part, name);
      if (value !== undefined && !notPhysical.some((pattern) => pattern.test(name))) fields.set(prefix + name, value);
    }
  };
  try {
    add('', model);
    add('opt.', model.opt);
    add('stat.', model.stat);
  } finally {
    model.delete();
  }
  return fields;
}

/** A number, a flag or numbers; undefined for what is something else, or cannot be read. */
function numbersIn(part: object, name: string): number[] | undefined {
  let value: unknown;
  try {
    value = (part as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
  // No −0: it is the same to physics.
  if (['number', 'bigint', 'boolean'].includes(typeof value)) return [Number(value) + 0];
  if (!ArrayBuffer.isView(value)) return undefined;
  return Array.from(value as unknown as ArrayLike<number>, (x) => Number(x) + 0);
}
