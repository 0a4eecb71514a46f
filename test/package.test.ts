import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const run = (command: string, args: string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const program = (types: boolean): string => `
import { FlowPolicy, neuralSplineFlow, Rng${types ? ', type Policy' : ''} } from 'oxbow';
import { make } from 'oxbow/envs';
import { Ppo } from 'oxbow/agents';
import * as experiments from 'oxbow/experiments';
const policy${types ? ': Policy' : ''} = new FlowPolicy({ flow: neuralSplineFlow({ dim: 2, contextDim: 2, rng: new Rng(0) }) });
if (typeof Ppo !== 'function' || Object.keys(experiments).length === 0) throw new Error('exports are missing');
console.log(policy.actionDim, make('Lake-v0').observationSpace.shape.join());
`;

describe('the packed package, installed into an empty project', () => {
  let project: string;

  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), 'oxbow-package-'));
    const packed = JSON.parse(
      run('npm', ['pack', '--json', '--pack-destination', project], root).replace(/^[^[]*/, ''),
    );
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
    run(
      'npm',
      ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', packed[0].filename],
      project,
    );
  }, 240_000);

  afterAll(() => rmSync(project, { recursive: true, force: true }));

  test('JavaScript imports FlowPolicy and every entry point', () => {
    writeFileSync(join(project, 'user.js'), program(false));
    expect(run('node', ['user.js'], project).trim()).toBe('2 2');
  });

  test('TypeScript checks against the declarations, strictly, and a wrong use is an error', () => {
    symlinkSync(join(root, 'node_modules/typescript'), join(project, 'node_modules/typescript'));
    mkdirSync(join(project, 'node_modules/@types'), { recursive: true });
    symlinkSync(join(root, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'));
    const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--module', 'NodeNext'];
    const options = ['--target', 'ES2022', '--skipLibCheck', '--types', 'node'];
    writeFileSync(join(project, 'user.ts'), program(true));
    run('node', [...tsc, ...options, 'user.ts'], project);
    writeFileSync(join(project, 'wrong.ts'), `import { Rng } from 'oxbow';\nnew Rng({});\n`);
    expect(() => run('node', [...tsc, ...options, 'wrong.ts'], project)).toThrow();
  });

  test('the command runs', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(run('npx', ['--no-install', 'oxbow', '--version'], project).trim()).toBe(version);
  });
});
