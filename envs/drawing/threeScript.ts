import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { toBase64 } from '../../src/json.ts';
import { nodeBuiltin } from '../../src/nodeBuiltin.ts';
import { orbit, poseAt, sceneStage } from './sceneStage.ts';

/** The version whose files are known. */
const VERSION = '0.187.0';

/** A script that shows scenes, for pages that are one file. */
export interface ThreeScript {
  /** Its text, by gzip, in base64. */
  readonly packed: string;
  /** The SHA-256 of its text, in base64. */
  readonly hash: string;
}

let script: ThreeScript | undefined;

/**
 * What {@link trajectoryPage} needs to show three dimensions: the package `three`, an optional peer, as one script. A page that has it is half a megabyte
 * larger.
 * @throws where there is no Node; and where `three` 0.187.0 is not installed
 */
export function threeScript(): ThreeScript {
  if (script !== undefined) return script;
  const text = scriptOf(filesOfThree());
  const { gzipSync } = nodeBuiltin('node:zlib');
  script = { packed: toBase64(gzipSync(text, { level: 9 })), hash: toBase64(sha256(utf8ToBytes(text))) };
  return script;
}

interface Files {
  readonly core: string;
  readonly module: string;
}

function filesOfThree(): Files {
  const { createRequire } = nodeBuiltin('node:module');
  const { readFileSync } = nodeBuiltin('node:fs');
  const { dirname, join } = nodeBuiltin('node:path');
  const toInstall = `for three dimensions: npm install three@${VERSION}`;
  let folder: string;
  try {
    folder = dirname(createRequire(import.meta.url).resolve('three'));
  } catch {
    throw new Error(toInstall);
  }
  const { version } = JSON.parse(readFileSync(join(folder, '../package.json'), 'utf8')) as { version: string };
  if (version !== VERSION) throw new Error(`${toInstall}, got ${version}`);
  const text = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { core: text('three.core.js'), module: text('three.module.js') };
}

/** Two modules, of which the second takes from the first, as functions in one script that gives a page `oxbowStage`. */
function scriptOf({ core, module }: Files): string {
  const given = /^export \{([^}]*)\};\s*$/gm;
  const taken = /^import \{([^}]*)\} from '.\/three\.core\.js';$/gm;
  const passedOn = /^export \{[^}]*\} from '.\/three\.core\.js';$/gm;
  const names = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, list]) => list!).join(', ');
  const asFields = (list: string) => list.replace(/([\w$]+) as ([\w$]+)/g, '$2: $1');
  const asNames = (list: string) => list.replace(/([\w$]+) as ([\w$]+)/g, '$1: $2');
  const body = (text: string) => text.replace(passedOn, '').replace(taken, '').replace(given, '');
  return `(() => {
'use strict';
// What some compilers wrap functions in.
const __name = (named) => named;
const core = (() => {
${body(core)}
return { ${asFields(names(core, given))} };
})();
const three = (() => {
const { ${asNames(names(module, taken))} } = core;
${body(module)}
return { ...core, ${asFields(names(module, given))} };
})();
const sceneStage = ${sceneStage};
globalThis.oxbowStage = { orbit: ${orbit}, poseAt: ${poseAt}, sceneStage: (...rest) => sceneStage(three, ...rest) };
})();
`;
}
