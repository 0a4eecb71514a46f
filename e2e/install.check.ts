/** Packs the package, installs it into empty projects as users do, and runs there what the docs show, word for word. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blocks, pack, packageJson, run, temporaryFolder, writeProject } from './project.ts';

const [coin, registryAndCli] = blocks('docs/experiments.md') as [string, string];
const [registry, cli] = registryAndCli.split('// cli.ts\n') as [string, string];
const FILES = {
  'program.ts': blocks('README.md')[1]!,
  'coin.ts': coin,
  'registry.ts': registry,
  'cli.ts': cli,
  'entries.ts': `
import { FlowPolicy } from 'oxbow';
import { Ppo } from 'oxbow/agents';
import { EpisodesInMemory } from 'oxbow/datasets';
import { compile } from 'oxbow/engine';
import { make } from 'oxbow/envs';
import { main } from 'oxbow/experiments';
console.log(...[FlowPolicy, Ppo, EpisodesInMemory, compile, make, main].map((item) => typeof item));
`,
  'wrong.ts': `import { Rng } from 'oxbow/engine';\nnew Rng({});\n`,
};

type Command = readonly [string, ...string[]];
const companions = ['tsx', 'typescript', '@types/node'].map((name) => `${name}@${packageJson.devDependencies[name]}`);
const npm: Command = ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', ...companions];
const peers = ['zod', '@tensorflow/tfjs-core@4.22.0'];
const pnpm: Command = ['npx', '--yes', 'pnpm@10', 'add', '--prefer-offline', ...companions, ...peers];
const SMALL = ['--steps', '64', '--set', 'agent.horizon=64', '--set', 'evaluationEpisodes=2'];

/** No package needs a script, and without one all there is runs. */
const PROJECTS = [
  { name: 'npm, install scripts blocked', install: [...npm, '--ignore-scripts'] },
  { name: 'pnpm', install: pnpm },
] satisfies readonly { name: string; install: Command }[];

const packed = temporaryFolder('packed');
let archive: string;
beforeAll(() => {
  archive = pack(packed.path);
});
afterAll(() => packed[Symbol.dispose]());

describe.each(PROJECTS)('$name', ({ install: [installer, ...options] }) => {
  const folder = temporaryFolder('install');
  const project = folder.path;
  let errors: string[];
  const inProject = (command: string, ...args: string[]) => run(project, command, args);

  beforeAll(() => {
    writeProject(project, FILES);
    run(project, installer, [...options, archive]);
    errors = compile(project);
  });
  afterAll(() => folder[Symbol.dispose]());

  test('the native engine runs', () => {
    const line = "import('oxbow').then(async (m) => console.log((await m.selectEngine()).line))";
    expect(inProject('node', '--eval', line)).toMatch(/^engine: native \(\w+\)\n$/);
  });

  test('the command trains', () => {
    expect(inProject('npx', '--no-install', 'oxbow', '--version').trim()).toBe(packageJson.version);
    inProject('npx', '--no-install', 'oxbow', 'train', 'Lake-v0', '--agent', 'ppo', ...SMALL, '--out', 'runs/lake');
    const summary = JSON.parse(readFileSync(join(project, 'runs/lake/summary.json'), 'utf8'));
    expect(summary.results.length).toBeGreaterThan(0);
    expect(readFileSync(join(project, 'runs/lake/report.html'), 'utf8')).toContain('</html>');
  });

  test('oxbow eval says before any episode that a picture needs another package', () => {
    // The policy is not even there.
    const argv = ['--no-install', 'oxbow', 'eval', 'none', '--record', 'episode.png'];
    const { status, stderr } = spawnSync('npx', argv, { cwd: project, encoding: 'utf8' });
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^oxbow: --record: for pictures: npm install \S+\n$/)]);
  });

  test.each([[], ['--typescript']])('oxbow init %j writes a project that passes its tests and learns', (...options) => {
    const made = join('made', options.length === 0 ? 'javascript' : 'typescript');
    inProject('npx', '--no-install', 'oxbow', 'init', made, ...options);
    const inMade = (...args: string[]) => run(join(project, made), 'npm', args);
    expect(inMade('test')).toContain('# pass 3\n');
    const [, soft] = /(\d+) of 100 land softly/.exec(inMade('run', 'train'))!;
    expect(Number(soft)).toBeGreaterThan(90);
    expect(readFileSync(join(project, made, 'episode.html'), 'utf8')).toContain('</html>');
    if (options.length > 0) inMade('run', 'typecheck');
  });

  test('every program type-checks strictly, third-party declarations included, and a wrong use does not', () => {
    const foreign = errors.filter((line) => /node_modules\/(?!.*node_modules\/oxbow\/|oxbow\/)/.test(line));
    const packages = new Set(foreign.map((line) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(line)![1]));
    if (foreign.length > 0) console.log(`${foreign.length} errors of third parties: ${[...packages].join(', ')}`);
    const own = errors.filter((line) => !foreign.includes(line));
    expect(own).toEqual([expect.stringMatching(/^wrong\.ts\(2,/)]);
  });

  test('an experiment of one’s own runs under tsx, compiled, and from its file by oxbow, with the same results', () => {
    const options = ['--quick', '--seeds', '2', '--out'];
    inProject('npx', 'tsx', 'cli.ts', 'run', 'coin', ...options, 'runs/tsx');
    inProject('node', 'out/cli.js', 'run', 'coin', ...options, 'runs/compiled');
    inProject('npx', '--no-install', 'oxbow', 'run', 'out/registry.js', ...options, 'runs/file');
    const [first, ...others] = ['tsx', 'compiled', 'file'].map((name) =>
      readFileSync(join(project, 'runs', name, 'summary.json'), 'utf8'),
    );
    expect(JSON.parse(first!).results).toHaveLength(2);
    expect(others).toEqual([first, first]);
    expect(inProject('node', 'out/entries.js').trim()).toBe('function function function function function function');
  });
});

/** Compiles the programs of a project into its folder `out`, as strictly as there is: the errors. */
function compile(project: string): string[] {
  const compiler = ['tsc', '--outDir', 'out', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
  const strict = ['--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false'];
  const { stdout } = spawnSync('npx', [...compiler, ...strict, ...Object.keys(FILES)], {
    cwd: project,
    encoding: 'utf8',
  });
  return stdout.split('\n').filter((line) => /error TS/.test(line));
}
