import { expect, test } from 'vitest';
import { commandLine, withMoreSeeds, withOption } from '../../../cli/terminal/commandLine.ts';

test('a command can be pasted, here where sources run as they are', () => {
  expect(commandLine('run', 'lake', '--out', 'runs/a b')).toBe("npm run oxbow -- run lake --out 'runs/a b'");
  expect(commandLine('train', "it's", '--set', 'widths=[64]', '')).toBe(
    "npm run oxbow -- train 'it'\\''s' --set 'widths=[64]' ''",
  );
});

test('an option takes the place of its former value', () => {
  expect(withOption(['run', 'lake'], '--seeds', '10')).toEqual(['run', 'lake', '--seeds', '10']);
  const given = ['run', '--seeds', '3', 'lake', '--seeds=4', '--seed', '5'];
  expect(withOption(given, '--seeds', '10')).toEqual(['run', 'lake', '--seed', '5', '--seeds', '10']);
});

test('a run with more seeds keeps its own, counted or listed as they were', () => {
  expect(withMoreSeeds(['run', 'lake'], [0, 1], 10)).toEqual(['run', 'lake', '--seeds', '10']);
  expect(withMoreSeeds(['run', 'lake', '--seed', '7', '--seeds=2'], [7, 8], 3)).toEqual([
    'run',
    'lake',
    '--seed',
    '7',
    '--seeds',
    '3',
  ]);
  expect(withMoreSeeds(['run', 'lake', '--seeds', '14,11'], [14, 11], 4)).toEqual([
    'run',
    'lake',
    '--seeds',
    '14,11,15,16',
  ]);
  expect(withMoreSeeds(['run', 'lake', '--seeds=3,'], [3], 2)).toEqual(['run', 'lake', '--seeds', '3,4']);
});

test('it keeps those, too, that a file of settings or --set has named', () => {
  const run = ['run', 'lake'];
  expect(withMoreSeeds([...run, '--config', 'a.json'], [30, 50], 3)).toEqual([
    ...run,
    '--config',
    'a.json',
    '--seeds',
    '30,50,51',
  ]);
  expect(withMoreSeeds([...run, '--config', 'a.json'], [30, 31], 3)).toEqual([
    ...run,
    '--config',
    'a.json',
    '--seeds',
    '3',
    '--seed',
    '30',
  ]);
  expect(withMoreSeeds([...run, '--set', 'seeds=30,50'], [30, 50], 3)).toEqual([...run, '--seeds', '30,50,51']);
  expect(withMoreSeeds([...run, '--set=seed=7', '--seeds', '2'], [7, 8], 3)).toEqual([
    ...run,
    '--seeds',
    '3',
    '--seed',
    '7',
  ]);
});
