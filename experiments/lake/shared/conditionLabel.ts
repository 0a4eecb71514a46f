/** How the parts of a key read that have a number behind them. */
const NUMBERS: Readonly<Record<string, (value: string) => string>> = {
  tau: (value) => `τ = ${value}`,
  stride: (value) => `stride ${value}`,
  scale: (value) => `σ = ${value}`,
  width: (value) => `s = ${value}`,
  share: (value) => `${value}/${100 - Number(value)}`,
};

/** How the others read, where they do not read as they are. */
const WORDS: Readonly<Record<string, string>> = {
  penalty: 'penalty 1',
  ppo: 'PPO',
  sac: 'SAC',
  learned: 'σ learned',
  'right-angles': 'right angles',
  'few-draws': 'cloned, few draws',
  soft: 'soft return',
};

const PART = new RegExp(
  `(${Object.keys(NUMBERS).join('|')})-([\\d.]+(?:e-\\d+)?)|${Object.keys(WORDS).join('|')}|[a-z]+`,
  'g',
);

/**
 * How a condition reads in tables, figures and claims: `stride 1.3, τ = 0.1` for `stride-1.3-tau-0.1`. Keys of conditions are for jobs,
 * files and summaries: short, ASCII, the same for ever.
 */
export function conditionLabel(key: string): string {
  return Array.from(key.matchAll(PART), ([part, name, value]) =>
    name === undefined ? (WORDS[part] ?? part) : NUMBERS[name]!(value!),
  ).join(', ');
}
