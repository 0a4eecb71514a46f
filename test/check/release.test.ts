import { describe, expect, test } from 'vitest';
import { contentProblems, MAX_SIZE, sizeProblems } from '../../check/release/content.ts';
import { dependencyProblems } from '../../check/release/dependencies.ts';
import { metadataProblems } from '../../check/release/metadata.ts';
import type { PackageJson } from '../../check/release/packageJson.ts';
import { versionProblems } from '../../check/release/versions.ts';

const ONE: PackageJson = {
  name: 'one',
  version: '1.2.3',
  description: 'One.',
  keywords: ['one'],
  license: 'MIT',
  engines: { node: '>=20' },
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' }, './package.json': './package.json' },
  bin: { one: 'dist/cli.js' },
  dependencies: { zod: '^4.0.0' },
};

describe('versions', () => {
  const CHANGELOG =
    '# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-02-01\n\n### Added\n\n- One.\n\n## [1.2.2] - 2026-01-01\n';
  const LOCK = { version: '1.2.3', packages: { '': ONE } };

  test('nothing is wrong where all say the same', () => {
    expect(versionProblems(ONE, LOCK, CHANGELOG)).toEqual([]);
  });

  test.each([
    ['a version that is none', { ...ONE, version: '1.2' }, 'package.json: version is 1.2, expected one like 1.2.3'],
    [
      'a lockfile of another',
      { ...ONE, version: '1.3.0' },
      "package-lock.json: version is 1.2.3, expected package.json's 1.3.0",
    ],
    [
      'other dependencies',
      { ...ONE, dependencies: { zod: '^3.0.0' } },
      'package-lock.json: its dependencies are not those of package.json: npm install',
    ],
  ])('%s', (_, packageJson, problem) => {
    expect(versionProblems(packageJson, LOCK, CHANGELOG)).toContain(problem);
  });

  test.each([
    ['no section', '## [1.2.30] - 2026-02-01\n- One.\n', 'CHANGELOG.md: no section ## [1.2.3] - YYYY-MM-DD'],
    ['no date', '## [1.2.3]\n\n- One.\n', 'CHANGELOG.md: got ## [1.2.3], expected ## [1.2.3] - YYYY-MM-DD'],
    [
      'an empty section',
      '## [1.2.3] - 2026-02-01\n\n## [1.2.2] - 2026-01-01\n- One.\n',
      'CHANGELOG.md: the section ## [1.2.3] is empty',
    ],
    [
      'entries that were left behind',
      '## [Unreleased]\n\n- Two.\n\n## [1.2.3] - 2026-02-01\n\n- One.\n',
      'CHANGELOG.md: ## [Unreleased] has entries, expected them under ## [1.2.3]',
    ],
  ])('%s in the changelog', (_, changelog, problem) => {
    expect(versionProblems(ONE, LOCK, changelog)).toEqual([problem]);
  });
});

test('what a registry shows', () => {
  expect(metadataProblems(ONE, 'MIT License\n')).toEqual([]);
  expect(metadataProblems(ONE, undefined)).toEqual(['LICENSE: missing']);
  expect(metadataProblems(ONE, 'Apache License\n')).toEqual([
    "LICENSE: begins with 'Apache License', expected 'MIT License'",
  ]);
  const { name, version, exports } = ONE;
  expect(metadataProblems({ name, version, exports, private: true }, 'MIT License\n')).toEqual([
    'package.json: private is true, expected a package that may be published',
    'package.json: no description',
    'package.json: no keywords',
    'package.json: no engines.node',
    'package.json: license is missing, expected one of MIT',
  ]);
});

test('the content of the tarball is what the sources make', () => {
  const sources = ['src/index.ts', 'docs/agents.md', 'examples/own.ts', 'envs/server.py'];
  const paths = [
    'dist/src/index.js',
    'dist/src/index.d.ts',
    'docs/agents.md',
    'examples/own.ts',
    'dist/envs/server.py',
  ];
  const packed = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json', ...paths].map((path) => ({ path, size: 1 }));
  expect(contentProblems(packed, sources)).toEqual([]);
  expect(contentProblems(packed.slice(1, -1), sources)).toEqual([
    'the tarball lacks CHANGELOG.md',
    'the tarball lacks dist/envs/server.py',
  ]);
  const more = [
    { path: 'dist/test/index.test.js', size: 1 },
    { path: 'dist/src/index.js.map', size: 0 },
  ];
  expect(contentProblems([...packed, ...more], sources)).toEqual([
    'the tarball has dist/test/index.test.js, made of no source',
    'the tarball has dist/src/index.js.map, made of no source',
    "the tarball's dist/src/index.js.map is empty",
  ]);
  expect(sizeProblems(packed)).toEqual([]);
  expect(sizeProblems([...packed, { path: 'dist/data.json', size: MAX_SIZE }])).toEqual([
    `the package has ${MAX_SIZE + 9} bytes unpacked, expected at most ${MAX_SIZE}`,
  ]);
});

test('dependencies are those that are imported', () => {
  const packageJson = { ...ONE, optionalDependencies: { fast: '1.0.0' }, peerDependencies: { '@scope/peer': '1.0.0' } };
  const files = {
    'index.js': "import { z } from 'zod';\nimport { join } from 'node:path';\nimport './side.js';\nload('fast');\n",
    'index.d.ts': "import type { Peer } from '@scope/peer';\n/** Moves from 'here' to there. */\n",
    'peer.js': "const peer = await import('@scope/peer/part.js');\n",
  };
  const problems = (more: Record<string, string> = {}) =>
    dependencyProblems(packageJson, new Map(Object.entries({ ...files, ...more })));
  expect(problems()).toEqual([]);
  expect(problems({ 'a.js': "import 'side';\nexport * from '@scope/other/part';\n" })).toEqual([
    'a.js imports side, which package.json does not name',
    'a.js imports @scope/other, which package.json does not name',
  ]);
  expect(
    problems({ 'a.d.ts': "import type {\n  A,\n} from 'types';\n", 'b.js': "const b = import('lazy');\n" }),
  ).toEqual([
    'a.d.ts imports types, which package.json does not name',
    'b.js imports lazy, which package.json does not name',
  ]);
  expect(problems({ 'a.js': "import { peer } from '@scope/peer';\n" })).toEqual([
    'a.js needs @scope/peer as soon as it is loaded, expected it among the dependencies',
  ]);
  expect(problems({ 'peer.js': '' })).toEqual(['package.json names @scope/peer, which no module of the package does']);
});
