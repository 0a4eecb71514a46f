import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { advisoryProblems, CannotAskError } from '../../e2e/release/advisories.ts';
import { citationProblems } from '../../e2e/release/citation.ts';
import { contentProblems, MAX_SIZE, sizeProblems } from '../../e2e/release/content.ts';
import { dependencyProblems } from '../../e2e/release/dependencies.ts';
import { exactVersionProblems } from '../../e2e/release/exactVersions.ts';
import { installedPackages } from '../../e2e/release/installedPackages.ts';
import { licenceProblems } from '../../e2e/release/licences.ts';
import { metadataProblems } from '../../e2e/release/metadata.ts';
import type { PackageJson } from '../../e2e/release/packageJson.ts';
import { versionProblems } from '../../e2e/release/versions.ts';

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

describe('how to cite it', () => {
  const CITATION = 'cff-version: 1.2.0\ntitle: one\nversion: 1.2.3\nlicense: MIT\n';
  const BIBTEX = '@software{one,\n  version = {1.2.3},\n}\n';

  test('by the name, the version and the licence of package.json', () => {
    expect(citationProblems(ONE, CITATION, BIBTEX)).toEqual([]);
    expect(citationProblems(ONE, undefined, BIBTEX)).toEqual(['CITATION.cff: missing']);
    expect(citationProblems({ ...ONE, version: '1.3.0' }, CITATION.replace('license: MIT\n', ''), '')).toEqual([
      "CITATION.cff: version is 1.2.3, expected package.json's 1.3.0",
      "CITATION.cff: license is missing, expected package.json's MIT",
      "README.md: the version of its BibTeX is missing, expected package.json's 1.3.0",
    ]);
  });

  test('here, too', () => {
    const root = resolve(import.meta.dirname, '../..');
    const read = (path: string) => readFileSync(join(root, path), 'utf8');
    expect(citationProblems(JSON.parse(read('package.json')), read('CITATION.cff'), read('README.md'))).toEqual([]);
  });
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
  const packed = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json', ...paths].map((path) => ({
    path,
    size: 1,
  }));
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
    `the package has ${MAX_SIZE + 10} bytes unpacked, expected at most ${MAX_SIZE}`,
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

describe('what a user gets', () => {
  const LOCK = {
    packages: {
      '': { version: '1.2.3' },
      'node_modules/zod': { version: '4.0.0', license: 'MIT' },
      'node_modules/@scope/fast': { version: '1.0.0', license: '(GPL-3.0 OR (MIT AND ISC))', optional: true },
      'node_modules/zod/node_modules/@scope/fast': { version: '0.9.0', license: 'Apache-2.0 AND MIT' },
      'node_modules/vitest': { version: '4.0.0', license: 'GPL-3.0', dev: true },
      'node_modules/web': { link: true },
      web: { version: '1.0.0' },
    },
  };
  const packages = installedPackages(LOCK);

  test('all that is not for development, wherever it lies', () => {
    expect(packages.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'zod 4.0.0',
      '@scope/fast 1.0.0',
      '@scope/fast 0.9.0',
    ]);
  });

  test('licences', () => {
    expect(licenceProblems(packages)).toEqual([]);
    const [zod] = packages;
    for (const license of [
      'GPL-3.0',
      'MIT AND GPL-3.0',
      '(MIT OR GPL-3.0) AND GPL-2.0',
      'SEE LICENSE IN x',
      'MIT)',
      '',
    ]) {
      expect(licenceProblems([{ ...zod!, license }])).toEqual([
        expect.stringContaining(`zod 4.0.0: licence ${license}, expected one of 0BSD, Apache-2.0,`),
      ]);
    }
    expect(licenceProblems([{ ...zod!, license: undefined }])).toEqual(['zod 4.0.0: no licence']);
    expect(licenceProblems([zod!], new Map([['node_modules/zod', 'GPL-3.0']]))).toEqual([
      'zod 4.0.0: its licence is GPL-3.0 as installed, MIT in package-lock.json',
    ]);
  });

  test('one version of each, but for those whose objects a user passes', () => {
    expect(exactVersionProblems(ONE)).toEqual([]);
    const dependencies = { vega: '6.4.0', next: '1.0.0-rc.1', short: '6.4', noble: '^1.8.0' };
    expect(exactVersionProblems({ ...ONE, dependencies, optionalDependencies: { fast: '*' } })).toEqual([
      'package.json: short is 6.4, expected one version as 1.2.3',
      'package.json: noble is ^1.8.0, expected one version as 1.2.3',
      'package.json: fast is *, expected one version as 1.2.3',
    ]);
  });

  /** What is said of the packages by a registry that answers so, and what it was asked. */
  async function asked(answer: RequestListener): Promise<{ problems: string[]; request: string }> {
    let request = '';
    const server = createServer((message, response) => {
      message.on('data', (chunk) => {
        request += chunk;
      });
      message.on('end', () => {
        request = `${message.method} ${message.url} ${request}`;
        answer(message, response);
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    try {
      const { port } = server.address() as AddressInfo;
      return { problems: await advisoryProblems(packages, `http://127.0.0.1:${port}/`), request };
    } finally {
      server.close();
    }
  }

  test('advisories: the registry is asked of every version, and what it knows is a line each', async () => {
    const advisory = { severity: 'high', title: 'Runs code', url: 'https://a.test/1', vulnerable_versions: '<1.0.0' };
    const { problems, request } = await asked((_, response) =>
      response.end(JSON.stringify({ '@scope/fast': [advisory] })),
    );
    expect(request).toBe('POST /-/npm/v1/security/advisories/bulk {"zod":["4.0.0"],"@scope/fast":["1.0.0","0.9.0"]}');
    expect(problems).toEqual(['@scope/fast 1.0.0, 0.9.0: high: Runs code (<1.0.0), https://a.test/1']);
    expect((await asked((_, response) => response.end('{}'))).problems).toEqual([]);
  });

  test.each<[string, RequestListener]>([
    ['it does not answer such questions', (_, response) => response.writeHead(405).end()],
    ['it answers with a page', (_, response) => response.end('<html>')],
    ['it answers something else', (_, response) => response.end('{"error":"no"}')],
    ['it hangs up', (_, response) => void response.destroy()],
  ])('advisories: %s', async (_, answer) => {
    await expect(asked(answer)).rejects.toThrow(CannotAskError);
  });
});
