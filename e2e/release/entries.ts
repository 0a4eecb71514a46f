import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PackageJson } from './packageJson.ts';

/** How a project finds a package's types: as Node does, or as bundlers do. */
const RESOLUTIONS = [
  { module: 'node16', moduleResolution: 'node16' },
  { module: 'esnext', moduleResolution: 'bundler' },
];

/**
 * In a project whose only package is this one, adds the packages that it depends on and no others; imports every entry there, strictly
 * typed and at run time, and starts every command.
 *
 * @param project a folder that has nothing but `node_modules/<name>`
 * @param modules the `node_modules` that has the dependencies, `typescript` and `@types/node`
 */
export function entryProblems(project: string, name: string, modules: string): string[] {
  const installed = join(project, 'node_modules', name);
  const packageJson: PackageJson = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  const { version, exports, bin = {}, dependencies = {} } = packageJson;
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  for (const each of [...Object.keys(dependencies), '@types/node']) {
    const path = join(project, 'node_modules', each);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(join(modules, each), path);
  }

  const problems: string[] = [];
  const files = Object.entries(exports).flatMap(([key, entry]) =>
    typeof entry === 'string'
      ? [[key, 'default', entry] as const]
      : (['types', 'default'] as const).map((condition) => [key, condition, entry[condition]] as const),
  );
  for (const [key, condition, file] of [
    ...files,
    ...Object.entries(bin).map(([key, file]) => [key, 'bin', file] as const),
  ]) {
    if (file === undefined) problems.push(`exports['${key}'] has no '${condition}'`);
    else if (!existsSync(join(installed, file)))
      problems.push(`'${key}' (${condition}) is ${file}, which is not there`);
  }
  if (problems.length > 0) return problems;

  const entries = Object.keys(exports)
    .filter((key) => !key.endsWith('.json'))
    .map((key) => name + key.slice(1));
  const lines = entries.map(
    (entry, i) => `import * as entry${i} from '${entry}';\nconsole.log(Object.keys(entry${i}).length);\n`,
  );
  writeFileSync(join(project, 'entries.ts'), lines.join(''));
  return [
    ...RESOLUTIONS.flatMap((resolution) => typeProblems(project, modules, { name, resolution })),
    ...entries.flatMap((entry) => importProblems(project, entry)),
    ...Object.entries(bin).flatMap(([command, file]) =>
      commandProblems(project, { command, file: join(installed, file), version }),
    ),
  ];
}

/** Those of the project and of the package: the declarations of third parties are not ours. */
function typeProblems(
  project: string,
  modules: string,
  { name, resolution }: { name: string; resolution: (typeof RESOLUTIONS)[number] },
): string[] {
  const compilerOptions = {
    ...resolution,
    target: 'es2023',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['entries.ts'] }));
  const tsc = join(modules, 'typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '--pretty', 'false'], { cwd: project, encoding: 'utf8' });
  const errors = stdout.split('\n').filter((line) => /error TS/.test(line));
  const own = errors.filter((line) => ['entries.ts', `node_modules/${name}/`].some((path) => line.startsWith(path)));
  return own.slice(0, 5).map((line) => `types, as ${resolution.moduleResolution} finds them: ${line}`);
}

function importProblems(project: string, entry: string): string[] {
  const program = `if (Object.keys(await import('${entry}')).length === 0) throw new Error('it exports nothing');`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: project,
    encoding: 'utf8',
  });
  if (status === 0) return [];
  return [`import '${entry}': ${/^\w*Error.*$/m.exec(stderr)?.[0] ?? `exit code ${status}`}`];
}

function commandProblems(
  project: string,
  { command, file, version }: { command: string; file: string; version: string },
): string[] {
  if (!readFileSync(file, 'utf8').startsWith('#!/usr/bin/env node\n')) {
    return [`${command}: its file does not begin with #!/usr/bin/env node`];
  }
  const { stdout } = spawnSync(process.execPath, [file, '--version'], { cwd: project, encoding: 'utf8' });
  return stdout.trim() === version ? [] : [`${command} --version: says '${stdout.trim()}', expected ${version}`];
}
