import type { Figure, Section } from '../../cli/experiment/experiment.ts';

/**
 * A section of which the figures with these names are shown, in this order (`a-*`: all that begin so), and everything else is folded: how it was
 * measured, its parts, the other figures, the tables.
 */
export function foldSection(section: Section, shown: readonly string[]): Section {
  const { paragraphs = [], tables = [], sections = [], ...head } = section;
  const place = ({ name = '' }: Figure) => shown.findIndex((pattern) => matches(name, pattern));
  const isShown = (figure: Figure) => place(figure) >= 0;
  const own = withoutFigures(section, isShown);
  const parts: Section[] = [
    { title: 'How it was measured', paragraphs },
    ...sections.map((part) => withoutFigures(part, isShown)),
    { title: 'More figures', figures: own.figures ?? [] },
    { title: 'The numbers', tables },
  ];
  return {
    ...head,
    figures: allFigures(section)
      .filter(isShown)
      .sort((a, b) => place(a) - place(b)),
    sections: parts.filter(hasContent).map((part) => ({ ...part, folded: true })),
  };
}

function matches(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function allFigures({ figures = [], sections = [] }: Section): Figure[] {
  return [...figures, ...sections.flatMap(allFigures)];
}

function withoutFigures(section: Section, isLeftOut: (figure: Figure) => boolean): Section {
  const { figures, sections } = section;
  return {
    ...section,
    ...(figures && { figures: figures.filter((figure) => !isLeftOut(figure)) }),
    ...(sections && { sections: sections.map((part) => withoutFigures(part, isLeftOut)) }),
  };
}

function hasContent({ facts = [], paragraphs = [], figures = [], tables = [], sections = [] }: Section): boolean {
  return [facts, paragraphs, figures, tables].some(({ length }) => length > 0) || sections.some(hasContent);
}
