import type { Conclusion } from '../conclusion.ts';
import type { Table } from '../experiment.ts';

type Conclusions = Readonly<Record<string, Conclusion>>;

/** Question, prediction and verdict, for a page. */
export function conclusionTable(conclusions: Conclusions): Table {
  return {
    title: 'Questions, predictions and verdicts',
    prose: true,
    columns: ['study', 'question', 'predicted', 'verdict'],
    rows: Object.entries(conclusions).map(([code, { question, prediction, verdict }]) => [
      code,
      question,
      prediction,
      verdict,
    ]),
  };
}
