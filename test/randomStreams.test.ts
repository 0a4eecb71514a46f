import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const FOLDERS = ['src', 'envs', 'datasets', 'agents', 'cli', 'common', 'experiments'];

/**
 * A stream's name decides its numbers: with another name a training gives other results. What a template computes is `*`; a list of names, as
 * an agent's training has it, is found where it stands.
 */
const NAMES = `
  KL | KL from the teacher | act | action noise | actions | again | agent | autoregressiveLayers | b* | banks | base |
  behavior | behavior-cloning/evaluate | behavior-cloning/hindsight | bends | best-of | blocked | checkAgent | checkBijector | checkDistribution |
  checkEnv | checkPolicy | chunks | circular splines | collect | comparison | context | contexts | convolution* |
  critics | data | decoder | demonstrations | dense | digits | distillation | draws | effect |
  encoder | entropy | env | equivalence | eval | evaluation | field | fine-tuning | first steps | first velocities | fit | flow
  | gaussian | gaussianizationFlow | head | held out | held-out noise | heldOut | hidden noise | hindsight |
  image* | initial | input | inputs | lakes | layer* | learning curves | lu* | matching | mean | means | memory |
  minibatches | model | moments | negentropy | noise | observations | opponent | order | own | pairs | plans | policy | pretraining |
  probes | productEnv | q* | record | recurrent | replay | resumed | runs | sample | samples | schedule | scripts |
  seed | shared | shifts | slopes | snapshots | spline | splitEpisodes | standing | steered | steering | steps | student | summary | target |
  teacher | test | time | times | training | triangular | try-out | tuning | updates | validation | value | values | vectorEnv |
  walks | walks, * | watched | way | way/* | weights | weights/* | x | y
`
  .trim()
  .split(/\s*\|\s*/);

/** `rng.split('name')` and `new Rng('name')`, over lines too; a string's `split` is of characters that are no letters. */
const STREAM = /(?:\.split|new Rng)\(\s*(['"`])((?:\\.|(?!\1).)*)\1\s*,?\s*\)/g;
/** The streams of a training, by name: `new Training('Ppo', ['actions', …])`, `streams: ['actions', …]`. */
const STREAMS = /(?:new Training\([^[\]()]*|\bstreams(?: \?\?|:) |\bSTREAMS = )\[([^\]]*)\]/g;

test('the names of random streams are those that published results were drawn from', () => {
  const found = new Set<string>();
  for (const folder of FOLDERS.filter((name) => existsSync(join(root, name)))) {
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      const code = readFileSync(join(root, folder, file), 'utf8').replace(/^\s*(\/?\*|\/\/).*$/gm, '');
      for (const [, , name] of code.matchAll(STREAM)) found.add(name!.replace(/\$\{[^}]*\}/g, '*'));
      for (const [, list] of code.matchAll(STREAMS)) {
        for (const [, name] of list!.matchAll(/'([^']+)'/g)) found.add(name!);
      }
    }
  }
  const names = [...found].filter((name) => /[a-z]/i.test(name.replace(/\\./g, '')));
  expect(names.sort()).toEqual(NAMES);
});
