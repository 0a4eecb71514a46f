import type { Walk } from '../../common/lake.ts';
import { interpolate, lake, touchHalfLine } from '../../envs/lake/lakeMap.ts';
import stored from './replay.json' with { type: 'json' };
import { choices, type Setting, type Step } from './setting.ts';
import { type LabMetrics, percent, type SideView } from './sideView.ts';

/** A step that shows what is stored. */
export type StoryStep = Exclude<Step, 'train' | 'draw' | 'game'>;
/** What the reader may turn: how far the training is that is replayed, and which bank is blocked. */
interface StoryTurn {
  /** Number of a frame. */
  readonly frame: number;
  readonly blocked: 'none' | 'upper' | 'lower';
}

/** One view of the story: what it says, and what both halves show. */
interface StoryView {
  readonly heading: string;
  /** Two sentences. */
  readonly text: string;
  readonly sides: readonly [SideView, SideView];
  /** Which half the text is about; undefined for both. */
  readonly about?: 0 | 1;
}

const DRAWN = 40;
const START = { x: -1.5, y: 0 };
const count = (value: number) => value.toLocaleString('en');

/** What a step says and shows; every number in it is one of the stored training. */
export function storyView(step: StoryStep, replay: Replay, { frame, blocked }: StoryTurn): StoryView {
  const { divided, agreed, demonstrators } = replay;
  const [gaussian, flow] = [lastOf(divided[0]!), lastOf(divided[1]!)];
  const walks = count(replay.demonstrations);
  const both = (shown: readonly ReplaySide[], view: (side: ReplaySide) => Partial<SideView>) => ({
    sides: [sideOf(shown[0]!, view), sideOf(shown[1]!, view)] as StoryView['sides'],
  });
  const trained = both(divided, (side) => showing(lastOf(side), side));
  switch (step) {
    case 'replay':
      return {
        heading: `The Gaussian drowns in ${percent(gaussian.metrics.drownRate)} of its walks, the spline flow in ${percent(flow.metrics.drownRate)}`,
        text:
          `A walker wants to get home, and a lake lies between. Two policies learn from the same ${walks} walks, half of them by each ` +
          'bank: this is their training, replayed.',
        ...both(divided, (side) => showing(side.frames[Math.min(frame, side.frames.length - 1)]!, side)),
      };
    case '1': {
      const { upper, lower } = demonstrators;
      const by = (bank: 'upper' | 'lower'): StoryView['sides'][0] => ({
        title: `${count(demonstrators[bank].count)} go by the ${bank} bank`,
        hue: bank,
        // Only walks that get home are shown to anybody.
        metrics: { drownRate: 0, homeRate: 1, upperShare: bank === 'upper' ? 1 : 0 },
        walks: demonstrators[bank].walks,
        blocked: 'none',
        density: { kind: 'velocity', density: demonstrators[bank].density },
        probe: START,
      });
      return {
        heading: 'The demonstrators disagree',
        text:
          `Of ${walks} walks to learn from, ${count(upper.count)} go by the upper bank and ${count(lower.count)} by the lower. All of ` +
          'them begin at one place, so nothing that a policy observes there tells it which way to take.',
        sides: [by('upper'), by('lower')],
      };
    }
    case '2':
      return {
        heading: 'Their average leads into the lake',
        text:
          'A Gaussian has one peak, and the one that fits both halves best lies between them: over the water. ' +
          `It drowns in ${percent(gaussian.metrics.drownRate)} of its walks.`,
        ...trained,
        about: 0,
      };
    case '3':
      return {
        heading: 'A flow has two peaks, one for each bank',
        text:
          'A flow bends simple noise into the shape of what it learns from, and that has two peaks here. It drowns in ' +
          `${percent(flow.metrics.drownRate)} of its walks; of those that get home ${percent(flow.metrics.upperShare)} go by the upper bank.`,
        ...trained,
        about: 1,
      };
    case '4': {
      if (blocked === 'none') {
        return {
          heading: 'With both banks open, the flow uses both',
          text:
            `The Gaussian gets home in ${percent(gaussian.metrics.homeRate)} of its walks, the spline flow in ${percent(flow.metrics.homeRate)}. ` +
            'Block a bank, and see what is left.',
          ...trained,
        };
      }
      const [left, right] = divided.map((side) => side.blocked[blocked]);
      const other = blocked === 'upper' ? 'lower' : 'upper';
      return {
        heading: `Block the ${blocked} bank, and the flow still has the ${other}`,
        text:
          `Nobody has told the policies, so they walk as before: the spline flow gets home in ${percent(right!.homeRate)} of its walks, ` +
          `the Gaussian in ${percent(left!.homeRate)}. A policy that always takes the ${blocked} bank would never get home again.`,
        ...both(divided, (side) => ({
          ...showing(lastOf(side), side),
          walks: lastOf(side)
            .walks.slice(0, DRAWN)
            .map((walk) => blockWalk(walk, blocked)),
          metrics: side.blocked[blocked],
          blocked,
        })),
      };
    }
    case '5': {
      const [left, right] = agreed.map((side) => lastOf(side).metrics.drownRate);
      return {
        heading: 'Where all agree, you need no flow',
        text:
          `Now all ${walks} walks go by the upper bank, and one peak is enough: the Gaussian drowns in ${percent(left)} of its walks, ` +
          `the spline flow in ${percent(right)}. You need a flow where one situation has several good answers and a policy must keep them.`,
        ...both(agreed, (side) => showing(lastOf(side), side)),
      };
    }
  }
}

function lastOf({ frames }: ReplaySide): ReplayFrame {
  return frames.at(-1)!;
}

function sideOf(side: ReplaySide, view: (side: ReplaySide) => Partial<SideView>): StoryView['sides'][0] {
  return {
    title: choices.policies[side.policy],
    hue: side.policy,
    metrics: undefined,
    walks: [],
    blocked: 'none',
    density: undefined,
    probe: START,
    ...view(side),
  };
}

function showing(frame: ReplayFrame, { steps }: ReplaySide): Partial<SideView> {
  return {
    note: frame.step === steps ? 'trained' : `after ${count(frame.step)} of ${count(steps)} updates`,
    metrics: frame.metrics,
    walks: frame.walks.slice(0, DRAWN),
    density: { kind: 'velocity', density: frame.density },
  };
}

/** A policy at one moment of its training. */
export interface ReplayFrame {
  /** Updates until then. */
  readonly step: number;
  readonly metrics: LabMetrics;
  readonly walks: readonly Walk[];
  /** The density of the direction of the first step, as `LabDensity` has it. */
  readonly density: readonly number[];
}

/** The training of one policy. */
export interface ReplaySide {
  readonly policy: Setting['policies'][number];
  /** Updates in all. */
  readonly steps: number;
  readonly frames: readonly ReplayFrame[];
  /** What its last walks are worth where one bank is blocked, which it has not been told. */
  readonly blocked: Readonly<Record<'upper' | 'lower', LabMetrics>>;
}

/** What the lab opens with. `npm run site:replay` makes it with the lab's own training. */
export interface Replay {
  readonly seed: number;
  /** Walks that are cloned. */
  readonly demonstrations: number;
  /** Demonstrators of either bank: some of their walks, and where the first step of all of them goes. */
  readonly demonstrators: Readonly<
    Record<'upper' | 'lower', Pick<ReplayFrame, 'walks' | 'density'> & { readonly count: number }>
  >;
  /** Both policies, where half of the demonstrators are on each bank. */
  readonly divided: readonly ReplaySide[];
  /** And where all of them go by the upper one. */
  readonly agreed: readonly ReplaySide[];
}

export const replay = stored as unknown as Replay;

/**
 * The walk that it would have been with a bank blocked of which the walker has not been told: the same up to where it touches the
 * flooded half-line, where it drowns.
 */
export function blockWalk(walk: Walk, blocked: 'none' | 'upper' | 'lower'): Walk {
  if (blocked === 'none') return walk;
  const { positions } = walk;
  const side = blocked === 'upper' ? 1 : -1;
  for (let i = 0; i + 3 < positions.length; i += 2) {
    const from = { x: positions[i]!, y: positions[i + 1]! };
    const to = { x: positions[i + 2]!, y: positions[i + 3]! };
    const share = touchHalfLine(from, to, side, lake.radius);
    if (share > 1) continue;
    const { x, y } = interpolate(from, to, share);
    return { outcome: 'drowned', bank: walk.bank, positions: [...positions.slice(0, i + 2), x, y] };
  }
  return walk;
}
