import { escapeHtml } from '../../envs/drawing/escapeHtml.ts';
import type { Figure, Section, Table } from '../experiment/experiment.ts';

/** The numbers of a page's figures and tables, in the order in which they stand, and their names in its texts. */
export class Numbering {
  readonly #numbers = new Map<Figure | Table, string>();
  readonly #names = new Map<string, string>();
  #figures = 0;
  #tables = 0;

  constructor(sections: readonly Section[]) {
    for (const section of sections) this.#add(section);
  }

  #add({ figures = [], tables = [], sections = [] }: Section): void {
    for (const figure of figures) this.#number(figure, `Figure ${++this.#figures}`);
    for (const table of tables) this.#number(table, `Table ${++this.#tables}`);
    for (const section of sections) this.#add(section);
  }

  #number(item: Figure | Table, label: string): void {
    this.#numbers.set(item, label);
    if (item.name !== undefined) this.#names.set(item.name, label);
  }

  /** `Figure 3` or `Table 2`. */
  label(item: Figure | Table): string {
    return this.#numbers.get(item)!;
  }

  /** The text as HTML, in which the names `{of figures}` and tables that the page has are links with their numbers. */
  link(text: string): string {
    return escapeHtml(text).replace(NAME, (found, name) => {
      const label = this.#names.get(name);
      return label === undefined ? found : `<a href="#${anchorOf(label)}">${label}</a>`;
    });
  }

  /** The text with numbers in place of names, as plain text. */
  plain(text: string): string {
    return text.replace(NAME, (found, name) => this.#names.get(name) ?? found);
  }
}

const NAME = /\{([\w.-]+)\}/g;

/** The id of what has a label: `figure-3`. */
export function anchorOf(label: string): string {
  return label.toLowerCase().replace(' ', '-');
}
