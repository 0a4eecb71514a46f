import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const PAGES = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    // The site's build writes options.md, which has no program.
    .filter((name) => name.endsWith('.md') && name !== 'options.md')
    .map((name) => `docs/${name}`),
];

/** The TypeScript of a page by file: a block begins a file, as does a line that says its name, `// cli.ts`. */
function programs(page: string): Map<string, string> {
  const files = new Map<string, string>();
  const text = readFileSync(join(root, page), 'utf8');
  for (const [i, [, block]] of [...text.matchAll(/```ts\n(.*?)```/gs)].entries()) {
    const [head, ...named] = block!.split(/^\/\/ (\w+\.ts)\n/m);
    if (head !== '') files.set(`block${i + 1}.ts`, head!);
    for (let j = 0; j < named.length; j += 2) files.set(named[j]!, named[j + 1]!);
  }
  return files;
}

/** Every program of every page by its path, `agents/block1.ts`, in a folder where the package's names stand for its sources. */
const files = new Map(
  PAGES.flatMap((page) =>
    [...programs(page)].map(([name, text]) => [join(page.replace(/.*\/|\.md/g, ''), name), text] as const),
  ),
);
let folder: string;
/** What each program has printed, by its path: all of them, and those of {@link more}. */
let printed: Map<string, string>;

const pathOf = (part: string): string => [...files].find(([, text]) => text.includes(part))![0];
const more = {
  'more/stages.ts': `
    import { stagesOf } from '${join(root, 'test/engine/stages.ts')}';
    import { layer, means } from '../${pathOf('class Layer extends Module')}';
    console.log('stages' + JSON.stringify(stagesOf(means, layer, { x: { shape: [8, 3] } })));
  `,
};

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const environment = () => ({ ...process.env, TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json') });

function run(command: string, ...args: string[]): string {
  return execFileSync(process.execPath, [...command.split(' '), ...args], {
    cwd: folder,
    env: environment(),
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

/** Runs programs one after another in one process: most of a short one's time is the import of the package. */
async function runAll(paths: readonly string[]): Promise<Map<string, string>> {
  const imports = paths.map(
    (path) =>
      `mark('${path}'); await import('../${path}').catch(({ stack }) => (mark('failed: ${path}'), console.log(stack)));\n`,
  );
  const mark = "const mark = (text: string) => console.log('\\n>>> ' + text);\n";
  write('more/all.ts', [mark, ...imports, "mark('end');\n"].join(''));
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'more/all.ts'], {
    cwd: folder,
    env: environment(),
  });
  return new Map(stdout.split(/^>>> /m).map((part) => [part.split('\n', 1)[0]!, part.slice(part.indexOf('\n') + 1)]));
}

beforeAll(async () => {
  // Inside the repository, so that its packages are found.
  mkdirSync(join(root, 'runs'), { recursive: true });
  folder = mkdtempSync(join(root, 'runs/docs-'));
  write('package.json', JSON.stringify({ type: 'module' }));
  const tsconfig = { extends: join(root, 'tsconfig.json'), include: ['**/*.ts'], exclude: ['more'] };
  write('tsconfig.json', JSON.stringify(tsconfig));
  for (const [path, text] of files) write(path, text);
  for (const [path, text] of Object.entries(more)) write(path, text);
  // What Python would have written.
  copyFileSync(join(root, 'test/golden/onnx/sb3-sac-pendulum-legacy13.onnx'), join(folder, 'sac.onnx'));
  // The command ends its process, and another wants a server.
  printed = await runAll([
    ...[...files.keys()].filter((path) => path !== 'experiments/cli.ts' && !files.get(path)!.includes('MLFLOW')),
    ...Object.keys(more),
  ]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the programs in the docs', () => {
  test('type-check', () => {
    expect([...files.keys()]).toContain('README/block2.ts');
    const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit'];
    expect(spawnSync(process.execPath, tsc, { cwd: folder, encoding: 'utf8' }).stdout).toBe('');
  });

  test('run', () => {
    expect([...printed].filter(([path]) => path.startsWith('failed: '))).toEqual([]);
    expect([...printed.keys()].at(-1)).toBe('end');
    // What was saved is loaded.
    expect([...printed.values()].join('')).toMatch(/^spline -165 true$/m);
  });

  // UPDATE_DOCS=1 writes the blocks anew.
  test('engine.md: the stages of the example are what the engine makes of it', () => {
    const stages = /^stages(.*)$/m.exec(printed.get('more/stages.ts')!)![1]!;
    const { graph, kernels } = JSON.parse(stages);
    const page = join(root, 'docs/engine.md');
    const text = readFileSync(page, 'utf8');
    const section = /## From a function to a module\n.*?(?=\n## )/s.exec(text)![0];
    const made = [graph, kernels];
    const updated = section.replaceAll(/(?<=```text\n).*?(?=\n```)/gs, () => made.shift());
    expect(made).toEqual([]);
    if (process.env.UPDATE_DOCS)
      writeFileSync(
        page,
        text.replace(section, () => updated),
      );
    else expect(section).toBe(updated);
  });

  test('experiments.md: the study runs', () => {
    run(
      '--import tsx',
      'experiments/cli.ts',
      'run',
      'coin',
      '--quick',
      '--seeds',
      '2',
      '--workers',
      '1',
      '--out',
      'coin',
    );
    const { results } = JSON.parse(readFileSync(join(folder, 'coin/summary.json'), 'utf8'));
    expect(
      results.map(({ policy, perSeed }: { policy: string; perSeed: number[] }) => [policy, perSeed.length]),
    ).toEqual([
      ['fair', 2],
      ['loaded', 2],
    ]);
  });

  test('environments.md: an agent trains on an environment of one’s own', () => {
    const small = ['--steps', '256', '--set', 'agent.horizon=256', '--set', 'evaluationEpisodes=2', '--out', 'boat'];
    const cli = join(root, 'experiments/cli.ts');
    run('--import tsx', cli, 'train', 'Boat-v0', '--agent', 'ppo', '--load', 'environments/boat.ts', ...small);
    const { results } = JSON.parse(readFileSync(join(folder, 'boat/summary.json'), 'utf8'));
    expect(results.find(({ metric }: { metric: string }) => metric === 'return').iqm).toBeLessThan(0);
  });
});
