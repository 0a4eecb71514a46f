import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
// Imported for its effect: it is the one package whose Node build registers the gradients of all kernels, which those of
// tfjs-core itself do not. Not by a bare import, which our declarations would repeat: its own fail without skipLibCheck.
import { version_layers } from '@tensorflow/tfjs-layers';

/** The sum over the repetitions that a tensor of shape `shape` was tiled to; what tfjs has makes two operations of each. */
function sumOfRepetitions(dy: tf.Tensor, shape: readonly number[], reps: readonly number[]): tf.Tensor {
  const apart: number[] = [];
  const axes: number[] = [];
  shape.forEach((size, axis) => {
    if (reps[axis] !== 1) {
      axes.push(apart.length);
      apart.push(reps[axis]!);
    }
    if (reps[axis] === 1 || size !== 1) apart.push(size);
  });
  return tf.reshape(tf.sum(tf.reshape(dy, apart), axes), [...shape]);
}

const GRADIENTS: Readonly<
  Record<string, (dy: tf.Tensor, x: tf.Tensor, attributes: Readonly<Record<string, unknown>>) => tf.Tensor>
> = {
  // Also that of `broadcastTo` and of a `where` that broadcasts, which tile.
  Tile: (dy, x, { reps }) => sumOfRepetitions(dy, x.shape, reps as number[]),
  // tfjs takes 1 − σ(x) for σ(−x), which is lost where σ(x) is near 1.
  Sigmoid: (dy, x) => tf.mul(dy, tf.mul(tf.sigmoid(x), tf.sigmoid(tf.neg(x)))),
  // tfjs adds 1 to the value, which is lost where that is near −1.
  Elu: (dy, x) => tf.mul(dy, tf.exp(tf.minimum(x, 0))),
};

/** Replaces gradients of tfjs that are slow or inexact, eager and compiled. */
function registerGradients(): void {
  for (const [kernelName, gradient] of Object.entries(GRADIENTS)) {
    tf.registerGradient({
      kernelName,
      inputsToSave: ['x'],
      gradFunc: (dy, [x], attributes) => ({
        x: () => gradient(dy as tf.Tensor, x!, attributes as unknown as Record<string, unknown>),
      }),
    });
  }
}

/** tfjs-cpu makes of empty tensors one whose values are no typed array, so that slicing it fails: here they are one. */
function registerEmptyConcat(): void {
  const kernel = tf.getKernel('Concat', 'cpu');
  const { kernelFunc } = kernel;
  tf.unregisterKernel('Concat', 'cpu');
  tf.registerKernel({
    ...kernel,
    kernelFunc: (args) => {
      const parts = args.inputs as unknown as tf.Tensor[];
      const shapes = parts.map(({ shape }) => shape);
      if (shapes.some((shape) => tf.util.sizeFromShape(shape) > 0)) return kernelFunc(args);
      const { dtype } = parts[0]!;
      const [axis] = tf.util.parseAxisParam(args.attrs!.axis as number, shapes[0]!);
      const shape = tf.backend_util.computeOutShape(shapes, axis!);
      const backend = args.backend as tf.KernelBackend & {
        write(values: tf.TypedArray, shape: number[], dtype: tf.DataType): object;
      };
      return {
        dataId: backend.write(tf.util.getTypedArrayFromDType(dtype as 'float32', 0), shape, dtype),
        shape,
        dtype,
      };
    },
  });
}

if (version_layers !== tf.version_core) {
  throw new Error(
    `oxbow needs one version of tfjs, got tfjs-core ${tf.version_core} and tfjs-layers ${version_layers}`,
  );
}
registerGradients();
registerEmptyConcat();

try {
  // Until a backend is active, tfjs makes a new one at each request.
  tf.backend();
} catch {
  // Someone has registered a backend that starts asynchronously; they will wait for it.
}
// tfjs-cpu advises on its first use to install tfjs-node; here that choice is selectBackend's.
(tf.findBackend('cpu') as unknown as { firstUse: boolean }).firstUse = false;

/** Which tfjs backend runs, and why. */
export interface BackendReport {
  /** As tfjs names it: 'tensorflow' for both tfjs-node packages, 'cpu' for plain JavaScript. */
  readonly name: string;
  /** One line for people. */
  readonly line: string;
}

/** The packages of the optional backends, in the order in which they are tried. */
const PACKAGES = { 'node-gpu': '@tensorflow/tfjs-node-gpu', node: '@tensorflow/tfjs-node' } as const;
type PackagedBackend = keyof typeof PACKAGES;

/** Imports a package, which registers its backend with tfjs. */
export type BackendLoader = (packageName: string) => Promise<unknown>;

// A variable name, so that bundlers do not look for packages that are not installed.
const importPackage: BackendLoader = (packageName) => import(/* @vite-ignore */ packageName);

/** The process, where there is one; a browser has none. */
const env = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env;

function isMissing(error: unknown, packageName: string): boolean {
  const { code, message } = error as { code?: string; message?: string };
  const notFound =
    code === 'ERR_MODULE_NOT_FOUND' ||
    code === 'MODULE_NOT_FOUND' ||
    /Failed to (load|resolve)|Could not resolve/.test(message ?? '');
  return notFound && (message ?? '').includes(packageName);
}

function reason(error: unknown, packageName: string): string {
  if (isMissing(error, packageName)) return 'not installed';
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}

async function load(which: PackagedBackend, loader: BackendLoader): Promise<BackendReport> {
  await loader(PACKAGES[which]);
  if (!(await tf.setBackend('tensorflow'))) throw new Error("its backend 'tensorflow' could not start");
  return { name: 'tensorflow', line: `tfjs backend: tensorflow (${PACKAGES[which]})` };
}

/**
 * Chooses the tfjs backend: libtensorflow on the GPU (`node-gpu`), on the CPU (`node`), or plain JavaScript (`cpu`).
 *
 * @param request 'node-gpu', 'node', 'cpu', or 'auto' for the first of these that is installed; by default the environment
 *   variable `OXBOW_BACKEND`
 * @throws if the request is unknown, or the requested backend cannot be loaded
 */
export async function selectBackend(
  request: string | undefined = env?.OXBOW_BACKEND,
  loader: BackendLoader = importPackage,
): Promise<BackendReport> {
  const wanted = request === undefined || request === '' ? 'auto' : request;
  if (wanted === 'node-gpu' || wanted === 'node') {
    try {
      return await load(wanted, loader);
    } catch (error) {
      const name = PACKAGES[wanted];
      throw new Error(
        `the tfjs backend '${wanted}' cannot be loaded (${reason(error, name)}); install it with: npm install ${name}@${tf.version_core}`,
      );
    }
  }
  if (wanted !== 'cpu' && wanted !== 'auto') {
    throw new Error(`OXBOW_BACKEND: got '${wanted}', expected node-gpu, node, cpu or auto`);
  }
  const failures: string[] = [];
  // A browser has no tfjs-node.
  if (wanted === 'auto' && env !== undefined) {
    for (const which of Object.keys(PACKAGES) as PackagedBackend[]) {
      try {
        return await load(which, loader);
      } catch (error) {
        // Most have none of them, and need none.
        if (!isMissing(error, PACKAGES[which])) failures.push(`${PACKAGES[which]}: ${reason(error, PACKAGES[which])}`);
      }
    }
  }
  await tf.setBackend('cpu');
  return { name: 'cpu', line: `tfjs backend: cpu${failures.length > 0 ? ` (${failures.join('; ')})` : ''}` };
}
