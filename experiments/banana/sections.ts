import type { Figure, LegendEntry, Outcome, Section, SummaryRow, Table } from '../../cli/experiment/experiment.ts';
import { intervalChart, type LayeredSpec, learningCurves, typicalOutcome } from '../../cli/report/charts.ts';
import { policyColours, themeColour } from '../../envs/drawing/palette.ts';
import { BANANA, bananaLogDensity, bananaMarginal, drawBanana } from '../../src/flows/planeDensities.ts';
import { portableMath, Rng } from '../../src/index.ts';
import { choices, type Family } from './config.ts';
import { type BananaData, GIVEN, GRID, type Scored, TUTORIAL } from './fit.ts';
import { nearestToFloor } from './nearestToFloor.ts';
import { scatterFigure } from './scatterFigure.ts';

/** The loss of the tutorial's run, by step. */
const TUTORIAL_RUN = [
  [20_000, 6.1],
  [30_000, 5.18],
  [40_000, 4.565],
  [50_000, 4.521],
  [60_000, 4.389],
  [70_000, 4.396],
  [80_000, 4.451],
  [90_000, 4.589],
] as const;

const WINDOW = { x: [-5, 60], y: [-14, 14] } as const;
const TITLES: readonly [string, string] = ['x₁', 'x₂'];
/** Those that no family here has. */
const QUADRANTS = ['policy-2', 'policy-3', 'policy-6', 'policy-7'] as const;
const QUADRANT_NAMES = ['both positive', 'first negative', 'both negative', 'second negative'];

const NAMES: Record<Family, string> = {
  mlp: 'six affine maps M + V D Vᵀ with PReLUs between them',
  realnvp: 'four affine couplings',
  maf: 'four affine autoregressive layers',
  spline: 'two spline couplings',
};

interface Shown {
  readonly family: Family;
  readonly colour: string;
  readonly note: string;
  readonly data: BananaData;
}

/** The parts of the report: the fits beside each other, then what one does with a density. */
export function sections(outcomes: readonly Outcome[], summary: readonly SummaryRow[]): readonly Section[] {
  const { range } = policyColours(choices.policies);
  const shown = choices.policies.flatMap((family, i): Shown[] => {
    const own = outcomes.filter(({ job }) => job.policy === family);
    if (own.length === 0) return [];
    const { job, result } = typicalOutcome(own, { metric: 'nllAboveFloor', better: 'lower' });
    const note = `seed ${job.seed}: ${result.metrics.nll?.toFixed(3)} nats`;
    return [{ family, colour: range[i]!, note, data: result.data as BananaData }];
  });
  return [likelihood(outcomes, summary), samples(shown), ...shown.map(layers), conditionals(shown), scores(shown)];
}

function likelihood(outcomes: readonly Outcome[], summary: readonly SummaryRow[]): Section {
  const rows = summary.filter(({ metric }) => metric === 'nllAboveFloor');
  const points = outcomes.flatMap(({ job, rows: own }) =>
    own.map((row) => ({
      policy: job.policy,
      seed: job.seed,
      step: row.step as number,
      // The first steps of a flow far from its data would leave no room for the others.
      value: Math.min(row.heldOutLoss as number, 6.5),
    })),
  );
  const last = Math.max(0, ...points.map(({ step }) => step));
  const verdict = nearestToFloor(rows);
  return {
    title: 'Likelihood',
    paragraphs: [
      'The data are x₂ ~ N(0, 4²) and x₁ ~ N(x₂²/4, 1), a fresh batch each step. Their entropy, ' +
        `${BANANA.entropy.toFixed(4)} nats, is the floor: no model has a lower mean −log p. The best Gaussian has ${BANANA.gaussian.toFixed(3)}.`,
      'The tutorial reports one run of its multilayer perceptron with batches of 512 and Adam at 0.001: 6.10 nats after 20,000 steps, ' +
        `${TUTORIAL} in the mean from step 50,000 to 90,000. A PReLU’s log-determinant jumps at its kink, and the gradient of each log-density by ` +
        'itself does not see what a moving kink gains or loses by that; so learned, most starts end at the Gaussian. Here the jump has a gradient.',
      ...(verdict === undefined ? [] : [verdict]),
    ],
    figures: [
      {
        name: 'training',
        caption:
          'Training: mean −log p on held-out data, at most 6.5 shown; interquartile mean over the seeds in a band of its 95 % interval. ' +
          'Dashed: the tutorial’s run. Lines across: the best Gaussian above, the floor below.',
        spec: withReferences(
          learningCurves(points, { x: 'updates', y: 'held-out −log p, nats', policies: choices.policies }),
          last,
        ),
      },
      {
        name: 'floor',
        caption: 'Nats above the floor on test data: interquartile mean, 95 % interval, a tick a seed.',
        spec: intervalChart(rows, { x: 'nats above the floor', policies: choices.policies }),
      },
    ],
  };
}

/** The curves with the floor, the Gaussian and the tutorial's run behind them. */
function withReferences({ layer, encoding = {}, ...rest }: LayeredSpec, last: number): LayeredSpec {
  const run = TUTORIAL_RUN.filter(([step]) => step <= last).map(([step, value]) => ({ step, value }));
  const faint = { color: themeColour('faint'), strokeWidth: 1 };
  const y = { field: 'value', type: 'quantitative', scale: { zero: false } } as const;
  return {
    ...rest,
    layer: [
      {
        data: { values: [{ value: BANANA.entropy }, { value: BANANA.gaussian }] },
        mark: { type: 'rule', ...faint },
        encoding: { y },
      },
      {
        data: { values: run },
        mark: { type: 'line', ...faint, strokeDash: [5, 4], strokeWidth: 1.5 },
        encoding: { x: { field: 'step', type: 'quantitative' }, y },
      },
      { encoding, layer },
    ],
  };
}

function samples(shown: readonly Shown[]): Section {
  const count = shown[0]?.data.samples.length ?? 0;
  const data = drawBanana(new Rng('banana/shown'), count);
  const pairs = Array.from({ length: count }, (_, i): [number, number] => [data[2 * i]!, data[2 * i + 1]!]);
  const panel = (title: string, colour: string, points: BananaData['samples'], note: string) => ({
    title,
    note,
    alt: `${count} points of ${title}: a banana along the x₁ axis`,
    svg: scatterFigure([{ colour, points }], { ...WINDOW, titles: TITLES, radius: 0.7 }),
  });
  return {
    title: 'Samples',
    figures: [
      {
        name: 'samples',
        caption: `${count} draws of the data and of each model, of the seed with its median distance from the floor.`,
        panels: [
          panel('data', themeColour('ink'), pairs, `${BANANA.entropy.toFixed(3)} nats`),
          ...shown.map(({ family, colour, note, data: own }) => panel(family, colour, own.samples, note)),
        ],
      },
    ],
  };
}

function layers({ family, note, data }: Shown): Section {
  const noise = data.layers[0]!.points;
  const panels = data.layers.map(({ name, points }, i) => {
    const groups = QUADRANTS.map((colour, quadrant) => ({
      colour: themeColour(colour),
      points: points.filter((_, k) => quadrantOf(noise[k]!) === quadrant),
    }));
    return {
      title: i === 0 ? name : `${i}. ${name}`,
      alt: `${points.length} points after ${i === 0 ? 'no layer' : `layer ${i}, ${name}`}, coloured by the quadrant of their noise`,
      svg: scatterFigure(groups, windowOf(points)),
    };
  });
  return {
    title: `The noise on its way through ${family}`,
    paragraphs: [`${NAMES[family][0]!.toUpperCase()}${NAMES[family].slice(1)}; ${note}.`],
    figures: [
      {
        name: `layers-${family}`,
        caption:
          'Points of noise after each layer, coloured by the quadrant in which they began; each panel has its own scales.',
        legend: quadrantLegend,
        panels,
      },
    ],
  };
}

const quadrantLegend: readonly LegendEntry[] = QUADRANTS.map((colour, i) => ({
  label: QUADRANT_NAMES[i]!,
  swatch: `<svg aria-hidden="true" width="12" height="12"><circle cx="6" cy="6" r="4" fill="${themeColour(colour)}"/></svg>`,
}));

function quadrantOf([a, b]: readonly [number, number]): number {
  if (a >= 0) return b >= 0 ? 0 : 3;
  return b >= 0 ? 1 : 2;
}

/** An interval for each axis that leaves out the most extreme of the points. */
function windowOf(points: BananaData['samples']): { x: readonly [number, number]; y: readonly [number, number] } {
  const [x, y] = [0, 1].map((axis): readonly [number, number] => {
    const values = points.map((point) => point[axis as 0 | 1]).sort((a, b) => a - b);
    const cut = Math.floor(values.length / 200);
    const [low, high] = [values[cut]!, values.at(-1 - cut)!];
    const margin = 0.05 * (high - low || 1);
    return [low - margin, high + margin];
  });
  return { x: x!, y: y! };
}

function conditionals(shown: readonly Shown[]): Section {
  const { domain, range } = policyColours(choices.policies);
  const figures = GIVEN.map((x1, k): Figure => {
    const evidence = bananaMarginal(x1);
    const truth = GRID.map((x2) => ({ x2, density: portableMath.exp(bananaLogDensity(x1, x2)) / evidence }));
    const models = shown.flatMap(({ family, data }) =>
      GRID.map((x2, i) => ({ family, x2, density: data.conditionals[k]![i]! })),
    );
    const x = { field: 'x2', type: 'quantitative', title: 'x₂' } as const;
    const y = { field: 'density', type: 'quantitative', title: `p(x₂ | x₁ = ${x1})` } as const;
    return {
      name: `conditional-${x1}`,
      caption: `The density of x₂ where x₁ = ${x1}. Wide grey line: the truth, with its modes near ±${2 * Math.sqrt(x1)}.`,
      spec: {
        layer: [
          {
            data: { values: truth },
            mark: { type: 'line', color: themeColour('faint'), strokeWidth: 6, opacity: 0.45 },
            encoding: { x, y },
          },
          {
            data: { values: models },
            mark: { type: 'line', strokeWidth: 1.5 },
            encoding: {
              x,
              y,
              color: {
                field: 'family',
                type: 'nominal',
                scale: { domain, range },
                legend: { title: null, orient: 'bottom', columns: 4 },
              },
            },
          },
        ],
      },
    };
  });
  return {
    title: 'Conditionals',
    paragraphs: [
      'A joint density gives each conditional: p(x₂ | x₁) = p(x₁, x₂) / ∫ p(x₁, x₂) dx₂, here with the integral by the midpoint rule.',
    ],
    figures,
  };
}

function scores(shown: readonly Shown[]): Section {
  const text = ([value, error]: Scored): string => `${value.toFixed(2)}\u00a0±\u00a0${error.toFixed(2)}`;
  const table: Table = {
    title: 'Scores: estimates and their standard errors',
    columns: ['model', 'entropy, nats', 'mutual information, nats', 'E x₁', 'E x₂', 'Var x₁', 'Var x₂'],
    rows: [
      [
        'the data, exactly',
        BANANA.entropy.toFixed(2),
        BANANA.mutualInformation.toFixed(2),
        ...[...BANANA.mean, ...BANANA.variance].map((value) => value.toFixed(2)),
      ],
      ...shown.map(({ family, data: { scores: own } }) => [
        family,
        ...[own.entropy, own.mutualInformation, ...own.mean, ...own.variance].map(text),
      ]),
    ],
  };
  return {
    title: 'Scores',
    paragraphs: [
      'What a density says about itself, each from fresh draws of the model. The covariance of x₁ and x₂ is 0; their mutual information is not.',
    ],
    tables: [table],
  };
}
