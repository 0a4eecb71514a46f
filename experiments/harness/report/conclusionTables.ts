import type { Conclusion } from '../conclusion.ts';
import type { Table } from '../experiment.ts';

type Conclusions = Readonly<Record<string, Conclusion>>;

/** Question and verdict, for a terminal. */
export function verdictTable(conclusions: Conclusions): Table {
  return {
    title: 'Predictions',
    columns: ['study', 'question', 'verdict'],
    rows: Object.entries(conclusions).map(([code, { question, verdict }]) => [code, question, verdict]),
  };
}

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
