import { choices, type Setting } from './setting.ts';
import { percent, type SideView } from './sideView.ts';
import { bankOfStroke, type Stroke } from './strokes.ts';

/** What a study is about, before anything is trained. */
export const studyTexts: Record<
  Setting['study'],
  { readonly title: string; readonly text: string; readonly x: string; readonly y: string }
> = {
  cloning: {
    title: 'Clone walkers of both banks',
    text:
      'Half of 1,000 walkers went by each bank, and a policy learns from them all. One peak can only take their average, two can keep ' +
      'both ways.',
    x: 'updates',
    y: 'held-out −log π, nats',
  },
  ppo: {
    title: 'Learn from reward alone',
    text:
      'Nobody shows the way: home is worth 1, drowning −1, and each step costs a little. The best policy takes one bank, and one peak ' +
      'is enough for that.',
    x: 'steps',
    y: 'return of an episode',
  },
  soft: {
    title: 'Keep the ways open',
    text:
      'A policy is paid τ for each nat of entropy of its headings. What is best then is known exactly, and lies as a grey area under ' +
      'what it has learned.',
    x: 'steps',
    y: 'KL(π ‖ π*) at the start, nats',
  },
};

/**
 * A sentence with what has come out so far, all of it from the numbers that are shown: what drowned in cloning, what got home with a
 * reward, how far from the soft optimum it ends. Undefined as long as a half has none.
 */
export function studyResult(
  study: Setting['study'],
  sides: readonly Pick<SideView, 'title' | 'metrics'>[],
  blocked: Setting['blocked'],
): string | undefined {
  const [one, other] = sides.map(({ metrics }) => metrics);
  if (one === undefined || other === undefined) return undefined;
  const isTwice = sides[0]!.title === sides[1]!.title;
  const names = sides.map(({ title }, i) => (isTwice ? `${title} on the ${i === 0 ? 'left' : 'right'}` : title));
  const condition =
    blocked === 'none' ? 'The' : `With the ${choices.blocked[blocked].replace(' bank blocked', '')} bank blocked, the`;
  if (blocked === 'none' && study === 'soft' && one.kl !== undefined && other.kl !== undefined) {
    return `The ${names[0]} is ${one.kl.toFixed(3)} nats from the soft optimum at the start, the ${names[1]} ${other.kl.toFixed(3)}`;
  }
  if (blocked === 'none' && study === 'cloning') {
    return `The ${names[0]} drowns in ${percent(one.drownRate)} of its walks, the ${names[1]} in ${percent(other.drownRate)}`;
  }
  return `${condition} ${names[0]} gets home in ${percent(one.homeRate)} of its walks, the ${names[1]} in ${percent(other.homeRate)}`;
}

/** What the page says of ways that somebody has drawn: those that were learned from, and what to do before there are any. */
export function drawnText(learned: readonly Stroke[]): { readonly title: string; readonly text: string } {
  return {
    title: 'Draw your own demonstrations',
    text:
      learned.length > 0
        ? `Learned from 1,000 noisy walkers on what you drew: ${waysText(learned)}`
        : 'Draw ways from the start to home: 1,000 noisy walkers follow them, and both policies learn from those. Try one way first, then ' +
          'one by each bank.',
  };
}

/** How many ways there are, by bank. */
export function waysText(strokes: readonly Stroke[]): string {
  if (strokes.length === 0) return 'No way is drawn yet.';
  const by = (bank: 'upper' | 'lower') => strokes.filter((stroke) => bankOfStroke(stroke) === bank).length;
  const [upper, lower] = [by('upper'), by('lower')];
  const ways = (count: number) => `${count} ${count === 1 ? 'way' : 'ways'}`;
  if (lower === 0) return `${ways(upper)} by the upper bank.`;
  if (upper === 0) return `${ways(lower)} by the lower bank.`;
  return `${ways(upper)} by the upper bank, ${lower} by the lower.`;
}
