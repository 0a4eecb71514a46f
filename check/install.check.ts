/** Packs the package, installs it into empty projects as users do, and runs there what the docs show, word for word. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const { version, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Without the settings of the npm and the vitest that have started this. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_(config_onnx|lifecycle|package)|NODE_ENV|VITEST)/i.test(name)),
);

function run(directory: string, command: string, args: readonly string[], env: Record<string, string> = {}): string {
  const options = { cwd: directory, env: { ...environment, ...env }, encoding: 'utf8', stdio: 'pipe' } as const;
  return execFileSync(command, args, options);
}

/** The TypeScript blocks of a page. */
function blocks(page: string): string[] {
  return [...readFileSync(join(root, page), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1]!);
}

const [coin, registryAndCli] = blocks('docs/experiments.md') as [string, string];
const [registry, cli] = registryAndCli.split('// cli.ts\n') as [string, string];
const FILES = {
  'program.ts': blocks('README.md')[0]!,
  'coin.ts': coin,
  'registry.ts': registry,
  'cli.ts': cli,
  'entries.ts': `
import { FlowPolicy } from 'oxbow';
import { Ppo } from 'oxbow/agents';
import { compile } from 'oxbow/engine';
import { make } from 'oxbow/envs';
import { main } from 'oxbow/experiments';
console.log(...[FlowPolicy, Ppo, compile, make, main].map((item) => typeof item));
`,
  'wrong.ts': `import { Rng } from 'oxbow/engine';\nnew Rng({});\n`,
};

type Command = readonly [string, ...string[]];
const companions = ['tsx', 'typescript', '@types/node'].map((name) => `${name}@${devDependencies[name]}`);
const npm: Command = ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', ...companions];
const pnpm: Command = [
  'npx',
  '--yes',
  'pnpm@10',
  'add',
  '--prefer-offline',
  ...companions,
  'zod',
  '@tensorflow/tfjs-core@4.22.0',
];
const small = ['--seeds', '1', '--study', 'cloning', '--env', 'Lake-v0', '--policies', 'gaussian', '--steps', '50'];

const PROJECTS = [
  {
    name: 'npm, install scripts that cannot download',
    install: npm,
    // onnxruntime-node's script honours it; npm does not.
    env: { GLOBAL_AGENT_HTTP_PROXY: 'http://127.0.0.1:9', GLOBAL_AGENT_HTTPS_PROXY: 'http://127.0.0.1:9' },
    engine: /^engine: wasm \(.*\); .*npm install onnxruntime-node/,
    settings: small,
  },
  {
    name: 'npm, install scripts blocked',
    install: [...npm, '--ignore-scripts'],
    env: {},
    engine: /^engine: onnxruntime-node\n$/,
    settings: [],
  },
  { name: 'pnpm', install: pnpm, env: {}, engine: /^engine: onnxruntime-node\n$/, settings: small },
] satisfies readonly { install: Command; [key: string]: unknown }[];

let packed: string;
beforeAll(() => {
  packed = mkdtempSync(join(tmpdir(), 'oxbow-packed-'));
  run(root, 'npm', ['pack', '--silent', '--pack-destination', packed]);
});
afterAll(() => rmSync(packed, { recursive: true, force: true }));

describe.each(PROJECTS)('$name', ({ install: [installer, ...options], env, engine, settings }) => {
  let project: string;
  let errors: string[];
  const inProject = (command: string, ...args: string[]) => run(project, command, args);

  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), 'oxbow-install-'));
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
    run(project, installer, [...options, join(packed, `oxbow-${version}.tgz`)], env);
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(project, name), text);
    const compiler = ['tsc', '--outDir', 'out', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
    const strict = ['--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false'];
    const { stdout } = spawnSync('npx', [...compiler, ...strict, ...Object.keys(FILES)], {
      cwd: project,
      encoding: 'utf8',
    });
    errors = stdout.split('\n').filter((line) => /error TS/.test(line));
  });
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  test('the engine that can be had runs, and a line says which', () => {
    const line = "import('oxbow').then(async (m) => console.log((await m.selectEngine()).line))";
    expect(inProject('node', '--eval', line)).toMatch(engine);
  });

  test('the README’s program finds both ways', () => {
    const printed = inProject('npx', 'tsx', 'program.ts');
    const actions = [...printed.matchAll(/\[(-?[\d.]+)\s*\]/g)].map((match) => Number(match[1]));
    expect(Math.min(...actions), printed).toBeLessThan(-0.5);
    expect(Math.max(...actions), printed).toBeGreaterThan(0.5);
  });

  test('every program type-checks strictly, third-party declarations included, and a wrong use does not', () => {
    const foreign = errors.filter((line) => /node_modules\/(?!.*node_modules\/oxbow\/|oxbow\/)/.test(line));
    const packages = new Set(foreign.map((line) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(line)![1]));
    if (foreign.length > 0) console.log(`${foreign.length} errors of third parties: ${[...packages].join(', ')}`);
    const own = errors.filter((line) => !foreign.includes(line));
    expect(own).toEqual([expect.stringMatching(/^wrong\.ts\(2,/)]);
  });

  test('an experiment of one’s own runs under tsx, and compiled with the same results', () => {
    const arguments_ = ['run', 'coin', '--quick', '--seeds', '2', '--out'];
    inProject('npx', 'tsx', 'cli.ts', ...arguments_, 'runs/tsx');
    inProject('node', 'out/cli.js', ...arguments_, 'runs/compiled');
    const [first, second] = ['tsx', 'compiled'].map((name) =>
      readFileSync(join(project, 'runs', name, 'summary.json'), 'utf8'),
    );
    expect(JSON.parse(first!).results).toHaveLength(2);
    expect(second).toBe(first);
    expect(inProject('node', 'out/entries.js').trim()).toBe('function function function function function');
  });

  test('the command runs the lake', () => {
    expect(inProject('npx', '--no-install', 'oxbow', '--version').trim()).toBe(version);
    inProject('npx', '--no-install', 'oxbow', 'run', 'lake', '--quick', ...settings, '--out', 'runs/lake');
    const summary = JSON.parse(readFileSync(join(project, 'runs/lake/summary.json'), 'utf8'));
    expect(summary.results.length).toBeGreaterThan(0);
    expect(readFileSync(join(project, 'runs/lake/report.html'), 'utf8')).toContain('</html>');
  });
});
