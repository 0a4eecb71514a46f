import type { Conclusion } from '../conclusion.ts';
import type { Table } from '../experiment.ts';

type Conclusions = Readonly<Record<string, Conclusion>>;

/** Question and verdict, for a terminal. */
export function verdictTable(conclusions: Conclusions): Table {
  return {
    title: 'Predictions',
    columns: ['', 'question', 'verdict'],
    rows: Object.entries(conclusions).map(([code, { question, verdict }]) => [code, question, verdict]),
  };
}

/** Question, prediction, what was measured and the verdict, for a page. */
export function conclusionTable(conclusions: Conclusions): Table {
  return {
    title: 'Questions, predictions and verdicts',
    columns: ['', 'question', 'predicted', 'measured', 'verdict'],
    rows: Object.entries(conclusions).map(([code, { question, prediction, measured, verdict }]) => [
      code,
      question,
      prediction,
      measured,
      verdict,
    ]),
  };
}
