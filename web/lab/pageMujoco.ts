import type { MainModule } from '@mujoco/mujoco';

/** Where the page keeps MuJoCo's script and its WebAssembly: addresses of blobs. */
export interface PhysicsFiles {
  readonly script: string;
  readonly wasm: string;
}

let files: PhysicsFiles | undefined;

/** Says where they are, before `loadMujoco`. */
export function placePhysics(place: PhysicsFiles | undefined): void {
  files = place;
}

/** Takes the place of the package `@mujoco/mujoco` where its script does not lie beside its WebAssembly. */
export default async function instantiate(options: object): Promise<MainModule> {
  if (files === undefined) throw new Error("it comes only with a program in which 'mujoco' stands");
  const { script, wasm } = files;
  const { default: load } = await import(/* @vite-ignore */ script);
  return load({ ...options, locateFile: () => wasm });
}
