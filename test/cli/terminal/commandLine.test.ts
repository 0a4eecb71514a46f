import { expect, test } from 'vitest';
import { commandLine, withOption } from '../../../cli/terminal/commandLine.ts';

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
