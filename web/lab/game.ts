import { computed, shallowRef } from 'vue';
import type { Walk } from '../../common/lake.ts';
import type { Bank } from '../../envs/lake/lakeMap.ts';
import type { Rng } from '../../src/random.ts';
import type { SideView } from './sideView.ts';
import { blockWalk, replay, storyView } from './story.ts';

/** Walks of each policy in a round. */
export const ROUND = 20;
/** The weight of the newest walk in the opponent's moving average, as in the lake's own opponent. */
const OPPONENT_RATE = 0.1;

/** How the walks of a policy have ended, so far. */
interface Score {
  readonly walks: number;
  readonly drowned: number;
  readonly home: Readonly<Record<Bank, number>>;
  /** How much it has used the upper bank, as the opponent remembers it. */
  readonly upperShare: number;
}

/** What a round was for a policy. */
interface Round {
  readonly blocked: Bank;
  readonly walks: readonly Walk[];
  readonly score: Score;
}

export const noScore: Score = { walks: 0, drowned: 0, home: { upper: 0, lower: 0 }, upperShare: 0.5 };

/** The bank that an opponent blocks who remembers a policy: the one that it has used more; on a tie it draws. */
export function opponentBlocks({ upperShare }: Score, rng: Rng): Bank {
  if (upperShare === 0.5) return rng.uniform() < 0.5 ? 'upper' : 'lower';
  return upperShare > 0.5 ? 'upper' : 'lower';
}

/** A round: walks drawn from those that a policy has walked with both banks open, which nobody tells that one is blocked. */
export function playRound(pool: readonly Walk[], blocked: Bank, score: Score, rng: Rng): Round {
  const open = Array.from(rng.permutation(pool.length).slice(0, ROUND), (i) => pool[i]!);
  const walks = open.map((walk) => blockWalk(walk, blocked));
  const homeBy = (bank: Bank) => walks.filter((walk) => walk.outcome === 'home' && walk.bank === bank).length;
  let { upperShare } = score;
  for (const { bank } of open) if (bank !== null) upperShare += OPPONENT_RATE * (Number(bank === 'upper') - upperShare);
  return {
    blocked,
    walks,
    score: {
      walks: score.walks + walks.length,
      drowned: score.drowned + walks.filter(({ outcome }) => outcome === 'drowned').length,
      home: { upper: score.home.upper + homeBy('upper'), lower: score.home.lower + homeBy('lower') },
      upperShare,
    },
  };
}

/** The game against the stored policies: its rounds so far, what it says and what both halves show. */
export const opponentGame = makeGame();

function makeGame() {
  /** Of each round what it was for both policies. */
  const rounds = shallowRef<readonly (readonly Round[])[]>([]);
  let rng: Rng | undefined;

  /** A round with one bank blocked for both, or for each policy the one that its opponent chooses. */
  async function play(choice: 'upper' | 'lower' | 'opponent'): Promise<void> {
    // Comes with tfjs, for which nobody waits who does not play.
    const { Rng } = await import('../../src/random.ts');
    rng ??= new Rng('lab/game');
    const draws = rng;
    const last = rounds.value.at(-1);
    rounds.value = [
      ...rounds.value,
      replay.divided.map(({ frames }, side) => {
        const score = last?.[side]?.score ?? noScore;
        return playRound(
          frames.at(-1)!.walks,
          choice === 'opponent' ? opponentBlocks(score, draws) : choice,
          score,
          draws,
        );
      }),
    ];
  }

  function restart(): void {
    rounds.value = [];
  }

  /** The walks of the last round, and how those of all rounds have ended. */
  function view(side: number): SideView {
    const stored = storyView('3', replay, { frame: 0, blocked: 'none' }).sides[side]!;
    const round = rounds.value.at(-1)?.[side];
    if (round === undefined) return { ...stored, note: 'has not walked yet', metrics: undefined, walks: [] };
    const { walks, drowned, home } = round.score;
    const arrived = home.upper + home.lower;
    return {
      ...stored,
      note: `${arrived} of ${walks} walks home`,
      metrics: {
        drownRate: drowned / walks,
        homeRate: arrived / walks,
        upperShare: arrived === 0 ? null : home.upper / arrived,
      },
      walks: round.walks,
      blocked: round.blocked,
    };
  }

  const text =
    `You are the opponent: block a bank, and both policies, which are not told, walk ${ROUND} times each. Or let an opponent choose ` +
    'for each policy, which blocks the bank that the policy has used more.';
  const words = computed(() => {
    const last = rounds.value.at(-1);
    if (last === undefined) return { heading: 'Block a bank, and see who gets home', text };
    const [left, right] = last.map(({ score }) => score.home.upper + score.home.lower);
    const played = rounds.value.length === 1 ? '1 round' : `${rounds.value.length} rounds`;
    return {
      heading: `After ${played} the Gaussian is home in ${left} of ${last[0]!.score.walks} walks, the spline flow in ${right}`,
      text,
    };
  });
  const views = computed(() => [view(0), view(1)]);
  return { rounds, play, restart, views, words };
}
