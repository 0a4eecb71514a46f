/** The studies of the lake by name, with the codes under which they were planned and are reported. */
export const studyCodes = {
  ppo: 'E0',
  cloning: 'E1',
  soft: 'E2',
  blocked: 'E3',
  opponent: 'E4',
  'fixed-scale': 'E5',
  annealing: 'E6',
  'other-ways': 'E7',
  arrival: 'E0b',
  regret: 'E2b',
} as const;

export type StudyName = keyof typeof studyCodes;
