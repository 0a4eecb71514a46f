import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type * as tf from '@tensorflow/tfjs-core';
import { box2dEnvs } from '../../envs/box2d/box2dEnvs.ts';
import { builtinEnvs } from '../../envs/builtinEnvs.ts';
import { escapeHtml } from '../../envs/drawing/drawing.ts';
import { themeDeclarations } from '../../envs/drawing/palette.ts';
import { contentSecurityPolicy } from '../../envs/drawing/trajectoryPage.ts';
import { loadEnv, type MakeOptions, make } from '../../envs/index.ts';
import { traceToWasm, type WasmProgram } from '../../src/engine/traceToWasm.ts';
import type { Policy, Rng } from '../../src/index.ts';
import { toBase64 } from '../../src/json.ts';
import { expectedOneOf } from '../../src/options/describe.ts';
import type { Acting } from '../../src/policies/acting.ts';
import type { ActionChunk } from '../../src/policies/actionChunks.ts';
import { actionBounds, actionOf, actorInputs, clippedActions, type Observation } from '../../src/policies/actor.ts';
import { InputError } from '../experiment/errors.ts';
import { firstLine } from '../experiment/text.ts';

/** What the page of a policy holds, as JSON. */
export interface PagePolicy {
  readonly env: string;
  readonly envOptions: MakeOptions;
  /** The policy, whose bytes are in base64. */
  readonly program: Omit<WasmProgram, 'module' | 'data'> & {
    readonly module: string;
    readonly data: readonly { readonly address: number; readonly bytes: string }[];
  };
  /** What an environment's step takes: numbers, one choice, several, or bits. */
  readonly actions: 'box' | 'choice' | 'choices' | 'bits';
  readonly actionDim: number;
  readonly chunk: ActionChunk | undefined;
  /** Milliseconds of a step. */
  readonly interval: number;
}

/** Whose page is written. */
export interface Played {
  readonly policy: Policy;
  /** Where it acts; undefined if nothing says so. */
  readonly env: string | undefined;
  readonly envOptions: MakeOptions;
  readonly acting: Acting;
  readonly title: string;
}

/** Milliseconds of a step. */
const INTERVAL = 1000 / 30;

/**
 * A page of one file, on which a policy acts in its environment, without a server and without a network: the policy as a program of
 * WebAssembly, the environment and its drawing as a script.
 * @param label begins the errors
 * @throws InputError, if the environment is not one of oxbow's that run in a page, or the policy cannot act there
 */
export async function policyPage(label: string, { policy, env, envOptions, acting, title }: Played): Promise<string> {
  if (env === undefined) throw new InputError('--env: expected the id of an environment: the file names none');
  const known = [...Object.keys(builtinEnvs), ...Object.keys(box2dEnvs)];
  if (!known.includes(env)) throw new InputError(`${label}: got ${env}, ${expectedOneOf(env, known)}`);
  await loadEnv(env);
  if (policy.maskDim > 0)
    throw new InputError(`${label}: got a policy that masks actions, expected one without a mask`);
  if (acting.hold !== 1) throw new InputError(`--hold: got ${acting.hold}, expected 1 for a page`);
  policy.checkActing('--acting', acting);
  checkActsIn(label, policy, env, envOptions, acting);
  const bounds = actionBounds(policy);
  const traced = traceToWasm(
    (inputs: { readonly [name: string]: tf.Tensor; readonly observations: tf.Tensor }, rng: Rng) => {
      const { action, state } = actionOf(policy, inputs, acting, rng);
      const clipped = bounds === undefined ? action : clippedActions(action, bounds);
      return { action: clipped, ...(state && { nextState: state }) };
    },
    actorInputs(policy, 1),
    { name: 'policy', state: [policy] },
  );
  const program = {
    ...traced,
    module: toBase64(traced.module),
    data: traced.data.map(({ address, bytes }) => ({ address, bytes: toBase64(bytes) })),
  };
  const { discreteActions, actionDim, chunk } = policy;
  const kind = discreteActions === undefined ? 'box' : 'n' in discreteActions ? 'choice' : 'choices';
  const actions = discreteActions !== undefined && 'binaries' in discreteActions ? 'bits' : kind;
  const data: PagePolicy = { env, envOptions, program, actions, actionDim, chunk, interval: INTERVAL };
  const player = playerScript(label);
  const heading = escapeHtml(title);
  const start = START.replace('PACKED', toBase64(gzipSync(player, { level: 9 })));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
${contentSecurityPolicy([start, player], [], true)}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${heading}</title>
<style>${STYLE}</style>
<main>
<h1>${heading}</h1>
<div id="stage"></div>
<div id="controls">
<button id="play" type="button">Play</button>
<button id="again" type="button">New episode</button>
<label>Speed <select id="speed"><option value="0.25">¼</option><option value="0.5">½</option><option value="1" selected>1</option><option value="2">2</option><option value="4">4</option></select></label>
</div>
<p id="facts"></p>
</main>
<script id="data" type="application/json">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
<script>${start}</script>
</html>
`;
}

/** @throws InputError, one line, if the environment cannot be made so, or its observations or actions are not the policy's */
function checkActsIn(label: string, policy: Policy, id: string, envOptions: MakeOptions, acting: Acting): void {
  try {
    const env = make<Observation, unknown>(id, envOptions);
    const [observation] = env.reset({ seed: 0 });
    env.step(policy.act(observation, { acting }));
    policy.reset();
  } catch (error) {
    throw new InputError(`${label}: the policy cannot act in ${id}: ${firstLine((error as Error).message)}`);
  }
}

function playerScript(label: string): string {
  const root = dirname(createRequire(import.meta.url).resolve('oxbow/package.json'));
  const path = join(root, 'dist/page/player.js');
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new InputError(`${label}: ${path} is missing: npm run build`);
  }
}

/** Unpacks the player, which runs because the page's policy names its hash. */
const START = `
const bytes = Uint8Array.from(atob('PACKED'), (c) => c.charCodeAt(0));
new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text().then((text) => {
  const script = document.createElement('script');
  script.type = 'module';
  script.textContent = text;
  document.head.append(script);
});
`;

const STYLE = `
:root { color-scheme: light; ${themeDeclarations('light')} }
@media (prefers-color-scheme: dark) { :root { color-scheme: dark; ${themeDeclarations('dark')} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: 1.5rem 1.25rem; }
h1 { font-size: 1.3rem; margin: 0 0 1rem; overflow-wrap: anywhere; }
#stage { border: 1px solid var(--line); }
#stage svg { display: block; width: 100%; height: auto; max-height: 70vh; }
#controls { display: flex; flex-wrap: wrap; align-items: center; gap: .8rem; margin: .8rem 0 .4rem; }
button, select { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--faint); border-radius: .3rem; padding: .25rem .6rem; min-height: 2.2rem; }
label { white-space: nowrap; }
#facts { margin: 0; color: var(--muted); font-variant-numeric: tabular-nums; }
`;
