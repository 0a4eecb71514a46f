import { fromHash, type Setting, toHash } from './setting.ts';

/** Where one is in the lab: the opening, the five steps of the story, and then what one does oneself. */
export const steps = ['replay', '1', '2', '3', '4', '5', 'train', 'draw', 'game'] as const;
export type Step = (typeof steps)[number];

/** What a step is called where one goes from one to another. */
export const stepNames: Record<Step, string> = {
  replay: 'Replay',
  '1': '1 Disagree',
  '2': '2 Average',
  '3': '3 Two peaks',
  '4': '4 Blocked',
  '5': '5 Agree',
  train: 'Train',
  draw: 'Draw',
  game: 'Play',
};

/** The part of a URL behind `#` that stands for a step with a setting; empty for the opening with the usual one. */
export function placeToHash(step: Step, setting: Setting): string {
  const hash = toHash(setting);
  if (step === 'replay' && hash === '') return '';
  return hash === '' ? `step=${step}` : `${hash}&step=${step}`;
}

/** Step and setting of such a part. A setting alone is for training; a step that there is none of is the opening. */
export function placeFromHash(hash: string): { step: Step; setting: Setting } {
  const setting = fromHash(hash);
  const given = new URLSearchParams(hash.replace(/^#/, '')).get('step');
  if (given === null) return { step: toHash(setting) === '' ? 'replay' : 'train', setting };
  return { step: (steps as readonly string[]).includes(given) ? (given as Step) : 'replay', setting };
}
