import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import * as tf from '@tensorflow/tfjs-core';
import { stringify } from 'safe-stable-stringify';
import { z } from 'zod';
import { writeWholeFile } from './files.ts';
import { checkLevels, parseJson } from './json.ts';
import { Module } from './module.ts';
import { nodeBuiltin } from './nodeBuiltin.ts';
import { shortened, show } from './options/describe.ts';
import { checkArgument } from './options/parse.ts';

const FORMAT = 'oxbow-module';
const VERSION = 1;
const INDEXED_DB = 'indexeddb://';
/** Bytes of a number, by its type. */
const BYTES = { float32: 4, int32: 4, bool: 1 };

const specsSchema = z.array(
  z.looseObject({
    name: z.string(),
    shape: z.array(z.int().nonnegative()),
    dtype: z.literal(Object.keys(BYTES) as (keyof typeof BYTES)[]),
    quantization: z.undefined().optional(),
  }),
);
const fileSchema = z.looseObject({
  weightsManifest: z.array(z.looseObject({ paths: z.array(z.string()), weights: z.array(z.unknown()) })).optional(),
});

const BROWSER = 'give a URL, as indexeddb://name, or an IOHandler of tfjs';

/** Any JSON values: what the module is made from, so that it can be made again. */
export type ModuleConfig = Readonly<Record<string, unknown>>;

/**
 * Saves the variables of a module, and a config, in tfjs's weight format: a JSON file with the weights' names, shapes and types, and
 * a file of their bytes beside it. Policies of `makePolicy` have `savePolicy`, one file that makes them again by their name; this is for
 * any other module: a flow, a network, an agent's critics.
 *
 * @param to a path, in Node: the bytes lie beside it in `<path>.<checksum>.bin`, and the JSON that names them appears whole or not at
 *   all; or a URL that tfjs can save to, as `indexeddb://name` in a browser; or any of tfjs's IO handlers
 * @param config any JSON values
 * @throws if it cannot be written
 */
export async function saveModule(
  module: Module,
  to: string | tf.io.IOHandler,
  config: ModuleConfig = {},
): Promise<void> {
  checkArgument('saveModule', 'module', module, Module);
  const { data, specs } = await tf.io.encodeWeights(Object.fromEntries(module.namedVariables()));
  const about = { format: FORMAT, version: VERSION, config, sha256: checksum(config, specs, data) };
  const handler = await handlerOf('saveModule', to, 'save');
  await handler.save!({
    modelTopology: { className: FORMAT },
    format: FORMAT,
    weightSpecs: specs,
    weightData: data,
    userDefinedMetadata: about,
  });
}

/**
 * The module that {@link saveModule} saved, its variables to the bit. What is read is data: nothing in it is run.
 * @param from a path, a URL (`https://…/model.json` too), or an IO handler
 * @param into the module whose variables are to be set, or a function that makes it from the config
 * @throws one line, if it cannot be read, is no saved module, is damaged, of another version, or of another architecture
 */
export async function loadModule<M extends Module>(
  from: string | tf.io.IOHandler,
  into: M | ((config: ModuleConfig) => M),
): Promise<M> {
  const where = `loadModule: ${typeof from === 'string' ? from : 'the handler'}`;
  checkArgument('loadModule', 'into', into, [Module, Function]);
  let artifacts: tf.io.ModelArtifacts;
  try {
    const handler = await handlerOf('loadModule', from, 'load');
    artifacts = await handler.load!();
  } catch (error) {
    throw new Error(`${where} cannot be read: ${(error as Error).message.split('\n')[0]}`);
  }
  const {
    weightSpecs: specs,
    weightData,
    userDefinedMetadata: about,
  } = (artifacts ?? {}) as {
    weightSpecs?: tf.io.WeightsManifestEntry[];
    weightData?: tf.io.WeightData;
    userDefinedMetadata?: { format?: unknown; version?: unknown; config?: ModuleConfig; sha256?: unknown };
  };
  if (about?.format !== FORMAT || specs === undefined || weightData === undefined) {
    throw new Error(`${where} is no saved module`);
  }
  if (about.version !== VERSION) {
    throw new Error(`${where} has version ${show(about.version)} of the format, this oxbow reads version ${VERSION}`);
  }
  const data = tf.io.CompositeArrayBuffer.join(weightData);
  const config = about.config ?? {};
  if (checksum(config, specs, data) !== about.sha256) throw new Error(`${where} is damaged: its checksum does not fit`);
  // Whoever writes a file writes its checksum too: nothing is made of sizes that its bytes do not have.
  if (byteLength(specs) !== data.byteLength)
    throw new Error(`${where} is damaged: its bytes are not those of its shapes`);
  const weights = tf.io.decodeWeights(data, specs);
  const state = Object.fromEntries(
    Object.entries(weights).map(([path, tensor]) => [
      path,
      // As arrays that hold integers beyond 2²⁴, too.
      { shape: tensor.shape, values: tensor.dataSync() as Float32Array },
    ]),
  );
  tf.dispose(weights);
  const module = typeof into === 'function' ? into(config) : into;
  try {
    module.loadStateDict(state);
  } catch (error) {
    if (typeof into === 'function') module.dispose();
    throw new Error(`${where} is of another architecture: ${(error as Error).message}`);
  }
  return module;
}

/** How many bytes weights have, undefined if they are of no kind that is saved. */
function byteLength(specs: readonly tf.io.WeightsManifestEntry[]): number | undefined {
  const { data } = specsSchema.safeParse(specs);
  return data?.reduce((sum, { shape, dtype }) => sum + shape.reduce((size, n) => size * n, BYTES[dtype]), 0);
}

function checksum(config: ModuleConfig, specs: readonly tf.io.WeightsManifestEntry[], data: ArrayBuffer): string {
  return bytesToHex(sha256(concatBytes(utf8ToBytes(stringify({ config, specs }) as string), new Uint8Array(data))));
}

async function handlerOf(
  where: string,
  place: string | tf.io.IOHandler,
  way: 'save' | 'load',
): Promise<tf.io.IOHandler> {
  if (typeof place !== 'string') {
    if (typeof place?.[way] !== 'function')
      throw new Error(`${where}: got ${show(place)}, expected a path, a URL or an IO handler that can ${way}`);
    return place;
  }
  if (!place.includes('://')) return fileHandler(place);
  // Bundlers leave out the modules that would register these two.
  if (/^https?:/.test(place)) return tf.io.http(place);
  if (place.startsWith(INDEXED_DB) && globalThis.indexedDB !== undefined) {
    const { browserIndexedDB } = await import('@tensorflow/tfjs-core/dist/io/indexed_db.js');
    return browserIndexedDB(place.slice(INDEXED_DB.length));
  }
  const [handler] = way === 'save' ? tf.io.getSaveHandlers(place) : tf.io.getLoadHandlers(place);
  if (handler?.[way] === undefined) throw new Error(`${where}: nothing here can ${way} ${place}`);
  return handler;
}

/** Files in Node, as tfjs's handler for URLs reads them. */
function fileHandler(path: string): tf.io.IOHandler {
  const folder = path.replace(/[^/\\]*$/, '');
  const files = nodeBuiltin('node:fs', BROWSER);
  const read = () => {
    const { data } = fileSchema.safeParse(parseJson(files.readFileSync(path, 'utf8')));
    if (data === undefined) throw new Error('its weightsManifest is none');
    return data;
  };
  return {
    async save({ weightSpecs, weightData, ...rest }) {
      const bytes = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
      let before: string | undefined;
      try {
        before = read().weightsManifest?.[0]?.paths[0];
      } catch {
        // There was none, or none that could be read.
      }
      const name = `${path.slice(folder.length)}.${bytesToHex(sha256(bytes)).slice(0, 16)}.bin`;
      const json = JSON.stringify({ ...rest, weightsManifest: [{ paths: [name], weights: weightSpecs }] }, null, 2);
      checkLevels(json);
      writeWholeFile(`${folder}${name}`, [bytes]);
      writeWholeFile(path, `${json}\n`);
      // The JSON names the new bytes now.
      if (before !== undefined && before !== name && /^[^/\\]+\.bin$/.test(before)) {
        files.rmSync(`${folder}${before}`, { force: true });
      }
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    },
    async load() {
      const { weightsManifest, ...rest } = read();
      const [group] = weightsManifest ?? [];
      if (group === undefined) return rest;
      const { paths } = group;
      const foreign = paths.find((name) => !/^[^/\\]+$/.test(name));
      if (foreign !== undefined) throw new Error(`it names ${shortened(foreign)}, expected files beside it`);
      if (new Set(paths).size < paths.length) throw new Error('it names a file twice');
      const bytes = paths.map((name) => {
        // A pipe or a device might never end.
        if (!files.statSync(`${folder}${name}`, { throwIfNoEntry: false })?.isFile())
          throw new Error(`${folder}${name} is no file`);
        return files.readFileSync(`${folder}${name}`);
      });
      return {
        ...rest,
        weightSpecs: group.weights as tf.io.WeightsManifestEntry[],
        weightData: concatBytes(...bytes).buffer as ArrayBuffer,
      };
    },
  };
}
