import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformWithOxc } from 'vite';
import { describe, expect, it } from 'vitest';
import { readJson, temporaryFolder } from '../fixture/files.ts';
import { oxbow, refusal } from '../fixture/oxbow.ts';

const root = join(import.meta.dirname, '../../..');
const folder = temporaryFolder('init');
const { version } = readJson(root, 'package.json');

describe('oxbow init', () => {
  it('writes a project in a new folder, and says how to run it', async () => {
    const project = join(folder, 'a', 'boat');
    const { code, stdout } = await oxbow('init', project);
    expect(code).toBe(0);
    expect(stdout).toContain(`cd ${project} && npm install && npm test && npm run train`);
    expect(readdirSync(project).sort()).toEqual(['lander.js', 'lander.test.js', 'package.json', 'train.js']);
    expect(readJson(project, 'package.json')).toEqual({
      private: true,
      type: 'module',
      scripts: { train: 'node train.js', test: 'node --test' },
      dependencies: { oxbow: `^${version}` },
    });
  });

  it('keeps what a package.json says, but for the kind of modules and the test that npm init writes', async () => {
    const project = join(folder, 'old');
    mkdirSync(project);
    const before = {
      name: 'old',
      type: 'commonjs',
      scripts: { test: 'echo "Error: no test specified" && exit 1', train: 'mine' },
      dependencies: { oxbow: 'file:oxbow.tgz', zod: '4' },
    };
    writeFileSync(join(project, 'package.json'), JSON.stringify(before));
    const { code, stdout } = await oxbow('init', project, '--typescript');
    expect(code).toBe(0);
    expect(stdout).toContain('The "type" of package.json is now "module"');
    expect(stdout).toContain('npm install && npm test && npx tsx train.ts\n');
    const after = readJson(project, 'package.json');
    expect(after).toMatchObject({ name: 'old', type: 'module', dependencies: before.dependencies });
    expect(after.scripts).toEqual({
      train: 'mine',
      test: 'node --import tsx --test lander.test.ts',
      typecheck: 'tsc',
    });
    expect(Object.keys(after.devDependencies)).toEqual(['@types/node', 'tsx', 'typescript']);
    expect(readdirSync(project)).toContain('tsconfig.json');
  });

  it.each([
    ['scripts', '"x"'],
    ['scripts', '["x"]'],
    ['scripts', '{"test":5}'],
    ['dependencies', '5'],
    ['devDependencies', '["x"]'],
  ])('refuses a package.json whose %s are %s, and leaves it', async (key, value) => {
    const project = join(folder, `odd-${key}-${value.length}`);
    mkdirSync(project);
    const text = `{"${key}":${value}}`;
    writeFileSync(join(project, 'package.json'), text);
    expect(await refusal('init', project)).toMatch(
      new RegExp(`^oxbow: init: [^\n]*package\\.json: ${key}: got [^\n]*, expected an object of texts\n$`),
    );
    expect(readFileSync(join(project, 'package.json'), 'utf8')).toBe(text);
    expect(readdirSync(project)).toEqual(['package.json']);
  });

  it('reads a package.json with a byte order mark, and keeps a test, which it does not name', async () => {
    const project = join(folder, 'marked');
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '\uFEFF{"name":"marked","scripts":{"test":"jest"}}');
    expect((await oxbow('init', project)).stdout).toContain('npm install && node --test && npm run train\n');
    expect(readJson(project, 'package.json')).toMatchObject({ name: 'marked', scripts: { test: 'jest' } });
  });

  it('refuses to write over a file, in either language, and what it cannot read or write, and leaves all as it was', async () => {
    const project = join(folder, 'occupied');
    mkdirSync(project);
    writeFileSync(join(project, 'train.ts'), 'mine');
    expect(await refusal('init', project)).toContain(`init: ${join(project, 'train.ts')} is there already`);
    expect(readdirSync(project)).toEqual(['train.ts']);

    const damaged = join(folder, 'damaged');
    mkdirSync(damaged);
    writeFileSync(join(damaged, 'package.json'), '{ "name": ');
    expect(await refusal('init', damaged)).toContain(`init: cannot read ${join(damaged, 'package.json')}`);
    expect(readdirSync(damaged)).toEqual(['package.json']);
    expect(await refusal('init', '/proc/none')).toContain('init: cannot write into /proc/none');
    expect(await refusal('init', ' ')).toContain('init: got "", expected a folder');

    const linked = join(folder, 'linked');
    mkdirSync(linked);
    symlinkSync(join(folder, 'elsewhere'), join(linked, 'train.js'));
    expect(await refusal('init', linked)).toContain(`init: ${join(linked, 'train.js')} is there already`);
    expect(readdirSync(linked)).toEqual(['train.js']);
  });

  it('leaves nothing of what it could write only in part', async () => {
    const begun = join(folder, 'begun');
    // In the folder the shorter names of files fit into the longest path of Linux, 4095 bytes, and the others do not.
    const room = 4084 - begun.length;
    const long = join(begun, ...Array.from({ length: 16 }, () => 'x'.repeat(239)), 'x'.repeat(room - 16 * 240 - 1));
    expect(await refusal('init', long)).toContain('init: cannot write into ');
    expect(existsSync(begun)).toBe(false);
  });

  it('writes the same program in both languages', async () => {
    const code = async (name: string, lang: 'js' | 'ts') => {
      const text = readFileSync(join(root, 'examples/project', name), 'utf8');
      return (await transformWithOxc(text, `program.${lang}`, { lang })).code;
    };
    expect(await code('lander.ts', 'ts')).toBe(await code('lander.js', 'js'));
    // What both languages share has no types.
    for (const name of ['train.ts', 'lander.test.ts']) expect(await code(name, 'ts')).toBe(await code(name, 'js'));
  });
});
