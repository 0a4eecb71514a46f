import { expect, test } from 'vitest';
import { foldSection } from '../../../experiments/shared/report.ts';

const figure = (name: string) => ({ name, caption: name, svg: '<svg/>' });
const table = { title: 't', columns: [], rows: [] };

test('the figures that are named are shown in that order, the rest is folded, and nothing empty is left', () => {
  const section = {
    title: 'S',
    code: 'E1',
    paragraphs: ['how'],
    figures: [figure('a'), figure('b-1'), figure('b-2')],
    tables: [table],
    sections: [
      { title: 'Part', paragraphs: ['p'], sections: [{ title: 'Deep', figures: [figure('deep'), figure('other')] }] },
      { title: 'Only shown', figures: [figure('c')] },
    ],
  };
  expect(foldSection(section, ['deep', 'c', 'b-*', 'not there'])).toEqual({
    title: 'S',
    code: 'E1',
    figures: ['deep', 'c', 'b-1', 'b-2'].map(figure),
    sections: [
      { title: 'How it was measured', paragraphs: ['how'], folded: true },
      {
        title: 'Part',
        paragraphs: ['p'],
        sections: [{ title: 'Deep', figures: [figure('other')] }],
        folded: true,
      },
      { title: 'More figures', figures: [figure('a')], folded: true },
      { title: 'The numbers', tables: [table], folded: true },
    ],
  });
});
