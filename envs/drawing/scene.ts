/** A point or the half lengths of a box, m. */
export type Vector3 = readonly [x: number, y: number, z: number];

/** A rotation as a unit quaternion. */
export type Quaternion = readonly [w: number, x: number, y: number, z: number];

/** What a solid is, in its own frame. */
export type SolidKind = 'sphere' | 'ellipsoid' | 'capsule' | 'cylinder' | 'box' | 'plane';

/** A solid that moves with a body. */
export interface Solid {
  readonly kind: SolidKind;
  /**
   * Along the solid's own axes, m: the half axes of a sphere, an ellipsoid or a box; of a capsule or a cylinder the radius, twice, and half the
   * length between its ends; half lengths of a plane, which looks along its z, 0 where it goes on without end.
   */
  readonly size: Vector3;
  /** The body that carries it; 0 for what stands still. */
  readonly body: number;
  /** Where it is in the body's frame. */
  readonly position: Vector3;
  readonly quaternion: Quaternion;
  /** Red, green, blue, each in [0, 1]; left out for the reader's theme to say. */
  readonly colour?: Vector3;
  /** Whether motors move it; else it belongs to the world, or lies loose in it. */
  readonly isRobot: boolean;
}

/** From where something is seen: from the side, x to the right and z upwards, or from above, x to the right and y upwards. */
export type SceneView = 'side' | 'above';

/**
 * What is to be seen in three dimensions, but for where its bodies are: that is a pose, `[bodies, 7]`, of each body but 0 its place, m, and its
 * rotation as w, x, y, z. The z axis points upwards.
 */
export interface Scene {
  readonly solids: readonly Solid[];
  /** How many bodies a pose has. */
  readonly bodies: number;
  /** Seconds from one pose to the next. */
  readonly interval: number;
  readonly view: SceneView;
  /** The body that the reader's eye follows; 0 if the eye stays where it is. */
  readonly followed: number;
  /** The height of the followed body as it begins, m. */
  readonly height: number;
  /** How far what is to be seen reaches from there, m. */
  readonly reach: number;
  /** How far above the followed body the eye looks, m; below it, if negative. */
  readonly sight: number;
}

/** A scene, and what has happened in it. */
export interface Motion {
  readonly scene: Scene;
  /** Pose after pose. */
  readonly poses: number[];
  /** The number of the last pose at each observation of the episode. */
  readonly ends: number[];
}
