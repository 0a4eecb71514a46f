import { type Kind, kindLabels } from '../../cli/train/recipes/recipes.ts';

/** How a condition, the kind of the data, reads. */
export function conditionLabel(condition: string): string {
  return kindLabels[condition as Kind] ?? condition;
}
