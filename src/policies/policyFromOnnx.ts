import { z } from 'zod';
import type { Bijector } from '../bijectors/bijector.ts';
import { Identity } from '../bijectors/elementwise.ts';
import { roundedBounds } from '../bijectors/squashing.ts';
import { few, type OnnxGraph, onnxGraph } from '../engine/graphFromOnnx.ts';
import { parseJson } from '../json.ts';
import { expectedOneOf, shortened } from '../options/describe.ts';
import { choice, positive } from '../options/fields.ts';
import { checkArgument, parseOptions } from '../options/parse.ts';
import {
  type AnySpace,
  actionSpaceSchema,
  type BoxSpace,
  type ChoiceSpace,
  choicesOf,
  plainSpace,
  plainSpaceSchema,
} from '../spaces/plain.ts';
import { type ActionChunk, chunkBox, chunkOf, chunkOptions, optionsOf } from './actionChunks.ts';
import type { UsualAction } from './actor.ts';
import { boxScale, boxSquash } from './boxScale.ts';
import { ObservationLayout, type ObservationPart } from './observationLayout.ts';
import { isReal, seenBy } from './onnxObservations.ts';
import { type OnnxHead, type OnnxInput, OnnxPolicy, type OnnxRoles } from './onnxPolicy.ts';
import { ONNX, type Policy } from './policy.ts';
import { spacesOfEnv } from './registry.ts';

const name = z.string();
const names = z.record(z.string(), z.string());

/** What policies of Python's libraries keep of observations, beside their networks. */
const normalization = z.strictObject({
  mean: z.array(z.number()).describe('the mean of each number of an observation'),
  var: z.array(z.number().nonnegative()).describe('the variance of each'),
  clip: positive(10, 'the largest size of a normalized observation', 'standard deviations'),
  epsilon: positive(1e-8, 'what is added to the variances'),
});

/** What of the options JSON can hold: all but the spaces. */
const onnxPolicyOptions = z.strictObject({
  observations: z
    .union([name, names])
    .optional()
    .describe(
      'the input that observations go to; of an observation of parts the input of each, where they have other names than the parts',
    ),
  channelsFirst: z
    .boolean()
    .optional()
    .describe("whether images go in as [channels, height, width]; by default the sizes of the file's input tell"),
  state: names
    .optional()
    .describe(
      'inputs that remember, each with the output that it is after a step; by default h_in: h_out, state: nextState',
    ),
  noise: z
    .record(z.string(), z.enum(['normal', 'uniform']))
    .optional()
    .describe('inputs of noise, N(0, 1) or U(0, 1); by default those that the metadata of an oxbow file names'),
  fill: z
    .record(z.string(), z.number())
    .optional()
    .describe('inputs that are one number everywhere; by default episode_starts: 0'),
  outputs: z
    .strictObject({
      action: name
        .optional()
        .describe('the output that is the action, of choices the number that the environment takes'),
      mean: name.optional().describe('the output that is the mean of a Gaussian'),
      logStd: z
        .union([name, z.array(z.number())])
        .optional()
        .describe('log of its standard deviations: an output, or numbers'),
      std: name.optional().describe('its standard deviations in place of their logarithms'),
      logits: name.optional().describe('the output of logits of discrete actions'),
      values: name.optional().describe('the output of values of discrete actions, of which the best is taken'),
    })
    .optional()
    .describe('what the outputs are; by default action is that of the name action or actions, or the first'),
  squash: choice(
    ['none', 'rescale', 'tanh'],
    'none',
    "what takes the file's numbers to actions; 'rescale' brings [−1, 1] to the bounds, 'tanh' all numbers",
  ),
  normalize: normalization
    .optional()
    .describe('moments by which observations are normalized: clip((o − mean) / √(var + epsilon), ±clip)'),
  ...chunkOptions,
});

/** What `Policy.toOnnx` says of the chunks of a policy. */
const storedChunk = z
  .strictObject({ length: z.int().min(2).max(1000), execute: z.int(), blend: z.number().optional() })
  .transform(optionsOf as (stored: object) => ReturnType<typeof optionsOf>);

/** The spaces of a policy, in place of those that an oxbow file's metadata has. */
interface Spaces {
  readonly observationSpace?: AnySpace | undefined;
  readonly actionSpace?: AnySpace | undefined;
  /** An environment, or a vector environment, whose spaces are meant. */
  readonly env?: OnnxEnv | undefined;
}

type OnnxEnv =
  | { readonly observationSpace: AnySpace; readonly actionSpace: AnySpace }
  | { readonly singleObservationSpace: AnySpace; readonly singleActionSpace: AnySpace };

const OWNER = 'policyFromOnnx';

/**
 * A policy whose networks are an ONNX file's, as PyTorch, Stable-Baselines3 or {@link Policy.toOnnx} write one: it acts, alone and in batches, in
 * Node and in a page, and is evaluated and collected from like any other.
 *
 * An input gets observations as the environment gives them: bytes of an image from 0 to 255, a discrete one as its number, or one-hot
 * where the input has as many numbers. With `outputs: { action }` an observation has one action, or one for each noise; with a `mean` or
 * `logits` the policy has a density, samples, and its mode as the greedy action. Actions are clipped to their bounds.
 *
 * A file that takes one row at a time is run row by row: one that was exported for one row, one without an axis of the batch, or one with an
 * axis of time, which gets one step.
 *
 * @param source a path, in Node, or the bytes of the file
 * @throws one line, if the file is none that runs (see {@link graphFromOnnx}), an option does not fit it, or its sizes are not those of the spaces
 *
 * @example
 * const policy = policyFromOnnx('sac.onnx', { env: make('Pendulum-v1'), squash: 'rescale' });
 * policy.act(observation);
 */
export function policyFromOnnx(
  source: string | Uint8Array,
  options: Spaces & z.input<typeof onnxPolicyOptions> = {},
): Policy<UsualAction> {
  checkArgument(OWNER, 'source', source, [String, Uint8Array]);
  checkArgument(OWNER, 'options', options, Object);
  const { observationSpace, actionSpace, env, ...rest } = options;
  const parsed = parseOptions(OWNER, onnxPolicyOptions, rest, ['observationSpace', 'actionSpace', 'env']);
  const graph = onnxGraph(OWNER, source);
  try {
    const spaces = spacesOf(graph, { observationSpace, actionSpace, env });
    return new FileRoles(graph, spaces, parsed).policy() as unknown as Policy<UsualAction>;
  } catch (error) {
    graph.dispose();
    throw error;
  }
}

/** What the metadata of an oxbow file say; undefined where they do not. @throws one line, if it is something else */
function stored<S extends z.ZodType>({ metadata }: OnnxGraph, key: string, schema: S): z.output<S> | undefined {
  const text = metadata.get(key);
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (error) {
    throw new Error(`${OWNER}: metadata ${key}: ${(error as Error).message}`);
  }
  return parseOptions(`${OWNER}: metadata ${key}`, schema, json);
}

/** The spaces that are given, of the environment, or of the file. */
function spacesOf(graph: OnnxGraph, { observationSpace, actionSpace, env }: Spaces) {
  const given = env === undefined ? undefined : spacesOfEnv(OWNER, env);
  const found = (key: 'observationSpace' | 'actionSpace', own: AnySpace | undefined, schema: z.ZodType): AnySpace => {
    const space = own ?? given?.[key] ?? (stored(graph, key, schema) as AnySpace | undefined);
    if (space === undefined) {
      throw new Error(`${OWNER}: ${key}: got none, and the file says none, expected a space, or the environment: env`);
    }
    return space;
  };
  const observations = found('observationSpace', observationSpace, plainSpaceSchema);
  const actions = plainSpace(`${OWNER}: actionSpace`, found('actionSpace', actionSpace, actionSpaceSchema));
  if ('spaces' in actions || 'size' in actions) {
    throw new Error(`${OWNER}: actionSpace: got one of parts, expected a box or choices`);
  }
  const layout = new ObservationLayout(`${OWNER}: observationSpace`, observations);
  checkSize('observationSpace', layout.size);
  checkSize('actionSpace', 'binaries' in actions ? actions.binaries : 1);
  return { layout, actions };
}

/** Numbers of an observation, of an action, or of what an input of a file gets for one row. */
const MOST_NUMBERS = 1 << 24;

/** That a few bytes of a file do not ask for gigabytes. @throws if there are more numbers than a policy has */
function checkSize(what: string, size: number): void {
  if (size <= MOST_NUMBERS) return;
  throw new Error(`${OWNER}: ${what}: got ${size} numbers, expected up to ${MOST_NUMBERS}`);
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Sizes at which a file is tried: one row, and so many that no size of a layer is likely to be the same. */
const [ONE, SEVERAL] = [1, 3];

/** Finds what the inputs and outputs of a file are. */
class FileRoles {
  readonly #graph: OnnxGraph;
  readonly #layout: ObservationLayout;
  readonly #actions: BoxSpace | ChoiceSpace;
  readonly #options: z.output<typeof onnxPolicyOptions>;

  constructor(
    graph: OnnxGraph,
    { layout, actions }: { layout: ObservationLayout; actions: BoxSpace | ChoiceSpace },
    options: z.output<typeof onnxPolicyOptions>,
  ) {
    this.#graph = graph;
    this.#layout = layout;
    this.#actions = actions;
    this.#options = options;
  }

  policy(): OnnxPolicy {
    const layout = this.#layout;
    const actions = this.#actions;
    const roles = this.#roles();
    const head = this.#head(roles.observations.some((role) => this.#isAlone(role)));
    const graph = this.#graph;
    const all = Object.values(roles).flat() as OnnxInput[];
    graph.free(new Map(all.flatMap(({ input, axis }) => (axis === undefined ? [] : [[input, axis]]))));
    const wanted = Object.entries(head).flatMap(([key, value]) =>
      key === 'kind' || typeof value !== 'string' ? [] : [value],
    );
    const outline = this.#outline(roles, ONE, [...wanted, ...roles.state.map(({ output }) => output)]);
    const isSingle = roles.observations.some(({ axis }) => axis === undefined) || !this.#takesSeveral(roles, wanted);
    const ofState = roles.state.map(({ output }) => output);
    if (ofState.length > 0 && this.#draws(roles, ofState)) {
      throw new Error(`${OWNER}: state: got outputs that depend on noise, expected ones that do not`);
    }
    const isNoisy = this.#draws(roles, wanted);
    if (isNoisy && head.kind !== 'action') {
      throw new Error(`${OWNER}: outputs: got a ${head.kind} that depends on noise, expected the action`);
    }
    const chunk = this.#chunk(roles);
    const whole = 'low' in actions && chunk !== undefined ? chunkBox(actions, chunk.length) : actions;
    const actionDim = 'low' in whole ? whole.low.length : choicesOf(whole).nvec.length;
    this.#checkSizes(head, outline, actionDim);
    const policy = new OnnxPolicy({
      graph,
      roles,
      head,
      observationDim: layout.size,
      actionDim,
      actions: 'low' in actions ? undefined : actions,
      squash: this.#squash(whole),
      isNoisy,
      isSingle,
    });
    policy.config = { name: ONNX, observationSpace: layout.space, actionSpace: actions, options: {} };
    if (chunk !== undefined) policy.chunk = chunk;
    this.#normalize(policy);
    return policy;
  }

  /** What of a chunk of actions is made, as the options say, or an oxbow file. */
  #chunk({ state }: OnnxRoles): ActionChunk | undefined {
    const { chunk, execute, blend } = this.#options;
    const given = chunk === undefined ? (stored(this.#graph, 'chunk', storedChunk) ?? {}) : {};
    const memory = state.length > 0 ? 'state' : undefined;
    const options = { chunk, execute, blend, memory, ...given };
    return chunkOf(OWNER, options, 'low' in this.#actions ? 'box' : 'choices');
  }

  #squash(actions: BoxSpace | ChoiceSpace): Bijector {
    const { squash } = this.#options;
    if (squash === 'none') return new Identity();
    if (!('low' in actions)) throw new Error(`${OWNER}: squash: got "${squash}" for choices, expected "none"`);
    roundedBounds(`${OWNER}: squash "${squash}"`, actions);
    return squash === 'rescale' ? boxScale(actions) : boxSquash(actions);
  }

  #normalize(policy: OnnxPolicy): void {
    const { normalize } = this.#options;
    if (normalize === undefined) return;
    const { mean, var: variance, clip, epsilon } = normalize;
    const layout = this.#layout;
    for (const [key, numbers] of Object.entries({ mean, var: variance })) {
      if (numbers.length !== layout.size) {
        throw new Error(`${OWNER}: normalize.${key}: got ${numbers.length} numbers, expected ${layout.size}`);
      }
    }
    if (!layout.isPlain) {
      throw new Error(
        `${OWNER}: normalize: got it for observations with bytes or choices, expected numbers of boxes alone`,
      );
    }
    policy.normalizeObservations({ clip, epsilon });
    policy.normalizer!.setMoments({ mean, variance, count: 1 });
  }

  #roles(): OnnxRoles {
    const { inputs, outputs, metadata } = this.#graph;
    const known = inputs.map((each) => each.name);
    const checked = (option: string, input: string, all = known): string => {
      if (all.includes(input)) return input;
      throw new Error(`${OWNER}: ${option}: got ${shortened(input)}, ${expectedOneOf(input, few(all))}`);
    };
    const given = outputs.map((each) => each.name);
    const state = this.#options.state ?? Object.fromEntries(this.#usualState(known, given));
    const noise =
      this.#options.noise ??
      Object.fromEntries(
        known.flatMap((input) => {
          const kind = NOISE[metadata.get(input) ?? ''];
          return /^noise\d+$/.test(input) && kind !== undefined ? [[input, kind]] : [];
        }),
      );
    const fill =
      this.#options.fill ??
      Object.fromEntries(known.filter((each) => /^episode_starts?$/.test(each)).map((each) => [each, 0]));
    const others = new Set([
      ...Object.keys(state).map((input) => checked('state', input)),
      ...Object.keys(noise).map((input) => checked('noise', input)),
      ...Object.keys(fill).map((input) => checked('fill', input)),
    ]);
    for (const output of Object.values(state)) checked('state', output, given);
    const observations = this.#observations(
      known.filter((input) => !others.has(input)),
      checked,
    );
    const isAlone = observations.some((role) => this.#isAlone(role));
    return {
      observations,
      state: Object.entries(state).map(([input, output]) => ({ ...this.#sizesOf(input, isAlone), output })),
      noise: Object.entries(noise).map(([input, kind]) => ({ ...this.#sizesOf(input, isAlone), kind })),
      fill: Object.entries(fill).map(([input, value]) => ({ ...this.#sizesOf(input, isAlone), value })),
    };
  }

  #usualState(inputs: readonly string[], outputs: readonly string[]): [string, string][] {
    return inputs.flatMap((input): [string, string][] => {
      const output =
        input === 'state' ? 'nextState' : input.endsWith('_in') ? input.replace(/_in$/, '_out') : undefined;
      return output !== undefined && outputs.includes(output) ? [[input, output]] : [];
    });
  }

  /** Whether an input gets one row without any axis around it, as of a file that has no batch. */
  #isAlone({ input, shape, axis }: OnnxInput): boolean {
    const declared = this.#graph.inputs.find((each) => each.name === input)!.shape;
    const isStep = shape.length === 3 && shape[0] === 1 && shape[1] === 1;
    return axis === undefined && declared?.length === shape.length && !isStep;
  }

  /**
   * The sizes of an input that does not see observations: the batch is its free size, else its second axis of three, else its first.
   * @param isAlone whether the file has no batch
   */
  #sizesOf(input: string, isAlone: boolean): OnnxInput {
    const { shape } = this.#graph.inputs.find((each) => each.name === input)!;
    if (shape === undefined) throw new Error(`${OWNER}: input '${shortened(input)}': the file says no shape of it`);
    const free = shape.findIndex((size) => typeof size === 'string');
    const usual = shape.length === 3 ? 1 : 0;
    const axis = shape.length === 0 || (isAlone && free < 0) ? undefined : free >= 0 ? free : usual;
    const rest = shape.filter((_, i) => i !== axis);
    if (!rest.every((size) => typeof size === 'number')) {
      throw new Error(
        `${OWNER}: input '${shortened(input)}': got shape [${few(shape.map(String))}], expected one free size, of the batch`,
      );
    }
    checkSize(`input '${shortened(input)}'`, sizeOf(rest as number[]));
    return { input, shape: rest, axis };
  }

  #observations(
    inputs: readonly string[],
    checked: (option: string, input: string) => string,
  ): OnnxRoles['observations'] {
    const { parts, size } = this.#layout;
    const { observations } = this.#options;
    const pairs: [ObservationPart, string][] = [];
    if (typeof observations === 'object') {
      const paths = parts.map(({ path }) => path);
      for (const [path, input] of Object.entries(observations)) {
        const part = parts.find((each) => each.path === path);
        if (part === undefined) {
          throw new Error(`${OWNER}: observations: got a part ${shortened(path)}, ${expectedOneOf(path, paths)}`);
        }
        pairs.push([part, checked(`observations.${shortened(path)}`, input)]);
      }
    } else {
      const single = observations === undefined ? inputs : [checked('observations', observations)];
      const whole: ObservationPart = { path: '', at: 0, size, shape: [size], isImage: false, isScaled: false };
      if (single.length === 1) pairs.push([parts.length === 1 ? parts[0]! : whole, single[0]!]);
      else for (const part of parts) if (single.includes(part.path)) pairs.push([part, part.path]);
    }
    const missing = inputs.filter((input) => !pairs.some(([, own]) => own === input));
    if (missing.length > 0) {
      const list = few(missing)
        .map((input) => `'${input}'`)
        .join(', ');
      throw new Error(
        `${OWNER}: got a file with inputs ${list}, expected to learn what they are: observations, state, noise or fill`,
      );
    }
    if (pairs.length === 0) throw new Error(`${OWNER}: got a file without inputs, expected one of observations`);
    return pairs.map(([part, input]) => {
      const value = this.#graph.inputs.find((each) => each.name === input)!;
      return seenBy(value, this.#layout, part, this.#options.channelsFirst);
    });
  }

  /** @param isAlone whether the file has no batch */
  #head(isAlone: boolean): OnnxHead {
    const given = this.#graph.outputs.map((each) => each.name);
    const { outputs = {} } = this.#options;
    const checked = (option: string, output: string): string => {
      if (given.includes(output)) return output;
      throw new Error(`${OWNER}: outputs.${option}: got ${shortened(output)}, ${expectedOneOf(output, few(given))}`);
    };
    const { action, mean, logStd, std, logits, values } = outputs;
    const kinds = Object.entries({ action, mean, logits, values }).filter(([, output]) => output !== undefined);
    if (kinds.length > 1) {
      throw new Error(`${OWNER}: outputs: got ${kinds.map(([key]) => key).join(' and ')}, expected one of them`);
    }
    if (mean === undefined && (logStd ?? std) !== undefined)
      throw new Error(`${OWNER}: outputs: got deviations without a mean`);
    if (mean !== undefined) {
      if ((logStd === undefined) === (std === undefined)) {
        throw new Error(`${OWNER}: outputs: got a mean, expected logStd or std beside it`);
      }
      const scale = std ?? logStd!;
      const named = typeof scale === 'string' ? checked(std === undefined ? 'logStd' : 'std', scale) : scale;
      return { kind: 'gaussian', mean: checked('mean', mean), logStd: named, isStd: std !== undefined };
    }
    if (logits !== undefined) return { kind: 'logits', logits: checked('logits', logits) };
    if (values !== undefined) return { kind: 'values', values: checked('values', values) };
    if (action !== undefined) return { kind: 'action', action: checked('action', action) };
    const first = given.find((output) => /^actions?$/.test(output)) ?? given[0];
    if (first === undefined) throw new Error(`${OWNER}: got a file without outputs`);
    return this.#usualHead(first, isAlone);
  }

  /** Of discrete actions an output of as many numbers is one of logits, if its name says so, or of values. */
  #usualHead(output: string, isAlone: boolean): OnnxHead {
    const actions = this.#actions;
    const { type, shape = [] } = this.#graph.outputs.find((each) => each.name === output)!;
    const isRow = shape.length > (isAlone ? 0 : 1);
    const isOfEach = 'n' in actions && actions.n > 1 && isRow && shape.at(-1) === actions.n && isReal(type);
    if (!isOfEach) return { kind: 'action', action: output };
    return /logit/i.test(output) ? { kind: 'logits', logits: output } : { kind: 'values', values: output };
  }

  #inputs(roles: OnnxRoles, batch: number) {
    const all = Object.values(roles).flat() as OnnxInput[];
    return Object.fromEntries(
      all.map(({ input, shape, axis }) => {
        const whole = [...shape];
        if (axis !== undefined) whole.splice(axis, 0, batch);
        return [input, { shape: whole }];
      }),
    );
  }

  #outline(roles: OnnxRoles, batch: number, outputs: readonly string[]) {
    return this.#graph.outline(this.#inputs(roles, batch), outputs);
  }

  /** Whether outputs depend on inputs of noise, or nodes draw some. */
  #draws(roles: OnnxRoles, outputs: readonly string[]): boolean {
    return (
      this.#outline(roles, ONE, outputs).draws > 0 || roles.noise.some(({ input }) => this.#graph.needs(input, outputs))
    );
  }

  /** Whether the outputs of several rows are as many rows. */
  #takesSeveral(roles: OnnxRoles, wanted: readonly string[]): boolean {
    try {
      const outputs = [...wanted, ...roles.state.map(({ output }) => output)];
      const several = this.#outline(roles, SEVERAL, outputs).outputs;
      const axisOf = (output: string) => roles.state.find((each) => each.output === output)?.axis ?? 0;
      return outputs.every((output) => {
        const { shape } = several[output]!;
        const one = this.#outline(roles, ONE, [output]).outputs[output]!.shape;
        // What does not depend on observations, as deviations do not, is one row for all.
        const isConstant = shape.length < 2 && sizeOf(shape) === sizeOf(one) && sizeOf(one) > 1;
        return isConstant || shape[axisOf(output)] === SEVERAL;
      });
    } catch {
      return false;
    }
  }

  #checkSizes(head: OnnxHead, { outputs }: ReturnType<OnnxGraph['outline']>, actionDim: number): void {
    const actions = this.#actions;
    const expect = (output: string, size: number) => {
      const { shape } = outputs[output]!;
      if (sizeOf(shape) === size) return;
      throw new Error(
        `${OWNER}: output '${shortened(output)}': got shape [${shape}] of one row, expected ${size} numbers`,
      );
    };
    if (head.kind === 'action') expect(head.action, actionDim);
    else if (head.kind === 'gaussian') {
      if (!('low' in actions))
        throw new Error(`${OWNER}: outputs: got a mean for choices, expected an action or logits`);
      expect(head.mean, actionDim);
      if (typeof head.logStd === 'string') expect(head.logStd, actionDim);
      else if (head.logStd.length !== actionDim) {
        throw new Error(`${OWNER}: outputs.logStd: got ${head.logStd.length} numbers, expected ${actionDim}`);
      }
    } else {
      if (!('n' in actions))
        throw new Error(`${OWNER}: outputs: got ${head.kind}, which are of discrete actions, expected an action`);
      expect(head.kind === 'logits' ? head.logits : head.values, actions.n);
    }
  }
}

/** What `Policy.toOnnx` says of an input. */
const NOISE: Readonly<Record<string, 'normal' | 'uniform'>> = { 'N(0, 1)': 'normal', 'U(0, 1)': 'uniform' };
