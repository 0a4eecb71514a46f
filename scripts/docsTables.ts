/**
 * `npm run docs:tables`: writes the tables of results in README and docs anew, each between `<!-- generated: NAME -->` and
 * `<!-- /generated -->`, from the runs stored in `docs/results/RUN/summary.json` and from the list of benchmark datasets. Cells are
 * interquartile means over the seeds, with their 95 % intervals in brackets.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SummaryRow } from '../cli/experiment/experiment.ts';
import { interquartileInterval, meanInterval } from '../cli/statistics/bootstrap.ts';
import { avoiding } from '../experiments/avoiding.ts';
import { choices as mazeChoices, mazeOf, mazePolicies, mazePolicyLabel, rulesOf } from '../experiments/mazes/config.ts';
import { listedDatasets } from '../experiments/offline/recipes.ts';
import { componentsOf, lakesOf, productLabel, productPolicies } from '../experiments/products/config.ts';
import { armOf, choices as shapeChoices, robots as shapeRobots } from '../experiments/shapes/config.ts';
import { aggregates } from '../experiments/shapes/shapes.ts';
import { writeWholeFile } from '../src/files.ts';
import { lowest, mean, measure, numbers, type RowOf, rowsOf, type Where, worst } from './storedRuns.ts';

const root = resolve(import.meta.dirname, '..');

/** Medians of the processor's times in the run of the product lakes. */
interface CostRow {
  readonly policy: string;
  readonly lakes: number;
  /** Seconds. */
  readonly training: number;
  /** Milliseconds. */
  readonly acting: number;
}
type Interval = Pick<SummaryRow, 'iqm' | 'low' | 'high'>;

/** One line for each policy, one column for each heading. */
type Columns = Readonly<Record<string, (policy: string) => string>>;

const LABELS: Readonly<Record<string, string>> = {
  gaussian: 'Gaussian',
  'gaussian-full': 'Gaussian, full covariance',
  realnvp: 'RealNVP',
  nice: 'NICE',
  'flow-matching': 'flow matching',
  'autoregressive-spline': 'autoregressive spline',
};
const LAKE = { mixture: 'mixture of six', 'mixture-2': 'mixture of two' };
const OFFLINE = {
  mixture: 'mixture of four',
  regression: 'regression to the mean',
  'iql-gaussian': 'IQL, Gaussian',
  'iql-mixture': 'IQL, mixture of four',
  'iql-realnvp': 'IQL, RealNVP',
  'iql-spline': 'IQL, spline',
  'best-of-gaussian': 'best of 32, Gaussian',
  'best-of-flow-matching': 'best of 32, flow matching',
  'nf-rlbc-gaussian': 'NF-RLBC, Gaussian',
  'nf-rlbc-spline': 'NF-RLBC, spline',
  fql: 'FQL',
  'td3-bc': 'TD3+BC',
};
/** Headings of {@link seeds}: of walks that drown, and of those that get home. */
const DROWNED = 'mean, worst, above 10 %';
const HOME = 'mean, worst, below 90 %';
const STRIDE = 'LakeStride-v0';
const CLASSES = ['gaussian', 'gaussian-full', 'mixture-2', 'mixture', 'realnvp', 'spline', 'nice'];
const FOUR = ['gaussian', 'mixture-2', 'mixture', 'spline'];

const tables: Readonly<Record<string, () => string>> = {
  'lake-cloning': () => {
    const of = (where: Where) => measure('lake', { study: 'cloning', ...where });
    const [stride, fine] = [STRIDE, 'Lake-v0'].map((env) => of({ env, metric: 'drownRate' }));
    return table(CLASSES, LAKE, {
      'stride lake, drowned': share(stride!),
      [DROWNED]: seeds(stride!, DROWNED),
      'fine lake, drowned': share(fine!),
      [`${DROWNED} `]: seeds(fine!, DROWNED),
      'nats at the start': number(of({ env: STRIDE, metric: 'startKl' }), 3),
    });
  },
  'lake-agreeing': () => {
    const of = (env: string, condition: string) =>
      measure('lake', { study: 'cloning', env, condition, metric: 'drownRate' });
    const columns = [of(STRIDE, 'share-90'), of(STRIDE, 'share-100'), of('Lake-v0', 'right-angles')];
    return table(['gaussian', 'mixture-2', 'spline'], LAKE, {
      '90 % take the upper bank': share(columns[0]!),
      'all take one bank': share(columns[1]!),
      'fine lake, they leave at right angles': share(columns[2]!),
      'worst seeds, %': extremes(columns, worst),
    });
  },
  'lake-ppo': () => {
    const of = (metric: string) => measure('endpoints', { study: 'arrival', metric });
    const fine = measure('lake', { study: 'ppo', metric: 'homeRate' });
    const arrives = (policy: string) => of('homeRate')(policy)!.perSeed.map((home) => home! >= 0.9);
    const arriving = (metric: string, policy: string) =>
      of(metric)(policy)!.perSeed.filter((_, seed) => arrives(policy)[seed]) as number[];
    const both = (policy: string) => arriving('modeBalance', policy).filter((lesser) => lesser > 0.02);
    return table(
      CLASSES,
      { ...LAKE, mixture: 'mixture of three' },
      {
        'stride lake, seeds that arrive': (policy) => String(arrives(policy).filter(Boolean).length),
        'of these on both banks': (policy) => String(both(policy).length),
        'their return': (policy) => format(interquartileInterval(arriving('return', policy)), 3),
        'fine lake, seeds that arrive': (policy) => String(fine(policy)!.perSeed.filter((home) => home! >= 0.9).length),
      },
    );
  },
  'lake-soft': () =>
    table(FOUR, LAKE, {
      ...Object.fromEntries(
        ['0.02', '0.05', '0.1'].flatMap((tau) => [
          [
            `τ = ${tau}: least`,
            number(measure('endpoints', { study: 'floors', condition: `tau-${tau}`, metric: 'natsAStep' }), 2),
          ],
          ...['PPO', 'SAC'].map((agent) => [
            `${agent}, ${tau}`,
            number(measure('endpoints', { study: `soft-${agent.toLowerCase()}-${tau}`, metric: 'natsAStep' }), 2),
          ]),
        ]),
      ),
    }),
  'lake-blocked': () => {
    const of = (metric: string) => measure('lake', { study: 'blocked', metric });
    const finds = (policy: string) => of('adapted')(policy)!.perSeed.filter((adapted) => adapted === 1).length;
    return table(FOUR, LAKE, {
      'home within one try': share(of('success1')),
      'within eight': share(of('success8')),
      [HOME]: seeds(of('success8'), HOME),
      'PPO then finds home, seeds': (policy) => String(finds(policy)),
      'worth against an opponent': number(measure('lake', { study: 'opponent', metric: 'minimaxValue' }), 3),
    });
  },
  'lake-noise': () =>
    table(
      ['0.1', '0.3', '0.7', '1', 'learned'],
      {},
      {
        'walks home': (scale) => share(noise('homeRate', scale))('gaussian'),
        [HOME]: (scale) => seeds(noise('homeRate', scale), HOME)('gaussian'),
        drowned: (scale) => share(noise('drownRate', scale))('gaussian'),
        [DROWNED]: (scale) => seeds(noise('drownRate', scale), DROWNED)('gaussian'),
      },
      'σ',
    ),
  'lake-annealing': () => {
    const of = (tau: string, how: string, metric: string) =>
      measure('lake', { study: 'annealing', condition: `tau-${tau}-${how}`, metric })('spline');
    return table(
      ['0.02', '0.05', '0.15'],
      {},
      {
        'lesser bank, constant τ': (tau) => percent(of(tau, 'constant', 'lesserShare')),
        'annealed to it': (tau) => percent(of(tau, 'annealed', 'lesserShare')),
        'nats off, constant τ': (tau) => format(of(tau, 'constant', 'kl'), 3),
        annealed: (tau) => format(of(tau, 'annealed', 'kl'), 3),
      },
      'τ',
    );
  },
  'lake-latent-noise': () => {
    const of = (condition: string, metric: string) => measure('lake', { study: 'other-ways', condition, metric });
    const policies = ['mixture-2', 'relaxed-mixture', 'spline', 'autoregressive', 'episode-noise', 'step-noise'];
    const labels = {
      ...LAKE,
      'relaxed-mixture': 'relaxed mixture',
      autoregressive: 'autoregressive bins',
      'episode-noise': 'Gaussian given noise, drawn once an episode',
      'step-noise': 'Gaussian given noise, drawn each step',
      energy: 'energy',
    };
    const keeps = (policy: string) =>
      of('soft', 'modeBalance')(policy)!.perSeed.filter((lesser) => lesser !== null && lesser >= 0.1).length;
    return table([...policies, 'energy', 'gaussian'], labels, {
      'cloned, drowned': share(of('cloned', 'drownRate')),
      [DROWNED]: seeds(of('cloned', 'drownRate'), DROWNED),
      'soft return, lesser bank': share(of('soft', 'modeBalance')),
      'seeds with a tenth or more': (policy) => String(keeps(policy)),
    });
  },
  'lake-memory': () => {
    const of = (env: string, metric: string) => measure('memory', { env, metric });
    const labels = {
      ...LAKE,
      'gaussian-memory': 'Gaussian with a memory',
      'episode-noise': 'Gaussian given noise once a walk',
      'spline-memory': 'spline with a memory',
    };
    return table(['gaussian', 'gaussian-memory', 'episode-noise', 'mixture-2', 'spline', 'spline-memory'], labels, {
      'stride lake, drowned': share(of(STRIDE, 'drownRate')),
      [DROWNED]: seeds(of(STRIDE, 'drownRate'), DROWNED),
      'in the first step': share(of(STRIDE, 'drownedAtOnce')),
      'lesser bank': share(of(STRIDE, 'modeBalance')),
      'nats at the start': number(of(STRIDE, 'startKl'), 3),
      'fine lake, drowned': share(of('Lake-v0', 'drownRate')),
      [`${DROWNED} `]: seeds(of('Lake-v0', 'drownRate'), DROWNED),
    });
  },
  mazes: () => mazeClasses('navigate'),
  'mazes-stitch': () => mazeClasses('stitch'),
  products: () => productClasses('products'),
  'products-large': () => productClasses('products-large'),
  'products-mixtures': () => {
    const mixtures = productPolicies.filter((policy) => componentsOf(policy) !== undefined);
    return productTable(mixtures, (lakes) => share(drowned('products', lakes), mean));
  },
  'products-six': () => {
    const of = (metric: string) => measure('products', { study: 'products', condition: 'k-6', metric });
    const policies = productPolicies.filter((policy) => of('drownRate')(policy) !== undefined);
    // A seed fails that drowns in more than 5 % for each lake.
    const failed = (policy: string) => numbers(of('drownRate')(policy)!).filter((value) => value > 0.3).length;
    return table(policies, productLabels, {
      drowned: (policy) => {
        const { mean, ...interval } = meanInterval(numbers(of('drownRate')(policy)!));
        return percent({ iqm: mean, ...interval });
      },
      'worst seed': share(of('drownRate'), worst),
      'seeds above 30 %': (policy) => String(failed(policy)),
      'nats above the law': number(of('natsAbove'), 2),
      'ways of 64': (policy) => mean(of('ways')(policy)!).toFixed(1),
      'seconds of training': cost('training', 1),
      'milliseconds of an action': cost('acting', 3),
    });
  },
  avoiding: () => {
    const { policies } = avoiding.choices;
    const labels = Object.fromEntries(policies.map((policy) => [policy, avoiding.policyLabel!(policy)]));
    const cell = (chunk: number) => (policy: string) => {
      const of = (metric: string) =>
        measure('avoiding', { study: 'avoiding', condition: `chunk-${chunk}`, metric })(policy)!;
      const { mean: success, ...interval } = meanInterval(numbers(of('success')));
      return `${percent({ iqm: success, ...interval })}, ${mean(of('entropy')).toFixed(2)}`;
    };
    const chunks = [1, 4, 8, 16];
    const heading = (chunk: number) => (chunk === 1 ? 'single actions' : `chunks of ${chunk}`);
    return table(policies, labels, Object.fromEntries(chunks.map((chunk) => [heading(chunk), cell(chunk)])));
  },
  shapes: () => {
    const found = new Map(aggregates(rowsOf('shapes')).map((one) => [`${one.study} ${one.policy}`, one]));
    const beside = (line: string) => {
      const { difference, interval, place } = found.get(line)!;
      return `${format({ iqm: difference, ...interval }, 1, 100)}: ${place}`;
    };
    const columns = shapeRobots.map((env) => [
      plainRobot(env),
      shapeCell(env, 'negentropy', (row) => minus(mean(row).toFixed(3))),
    ]);
    return shapeTable([...found.keys()], { 'beside its Gaussian, %': beside, ...Object.fromEntries(columns) });
  },
  'shapes-returns': () => {
    const returns = (row: SummaryRow) => {
      const digits = Math.abs(row.iqm!) < 1000 ? 1 : 0;
      return `${minus(thousands(row.iqm!, digits))} (${minus(thousands(lowest(row), digits))})`;
    };
    const columns = shapeRobots.map((env) => [plainRobot(env), shapeCell(env, 'greedyReturn', returns)]);
    return shapeTable(shapeLines(shapeRobots[0]!), Object.fromEntries(columns));
  },
  'shapes-toys': () => {
    const nats = (env: string) => shapeCell(env, 'negentropy', (row) => minus(mean(row).toFixed(3)));
    const range = (row: SummaryRow) => {
      const [middle, least, most] = [mean, lowest, worst].map((of) => minus(of(row).toFixed(1)));
      return `${middle} (${least} to ${most})`;
    };
    const goals = (row: SummaryRow) => `${share(() => row, mean)('')} (${share(() => row, lowest)('')})`;
    return shapeTable(shapeLines('SparseGrid-v0'), {
      'grid, nats': nats('SparseGrid-v0'),
      'at the goal': shapeCell('SparseGrid-v0', 'outcome/goal', goals),
      'Multigoal, nats': nats('Multigoal-v0'),
      return: shapeCell('Multigoal-v0', 'return', (row) => range(row)),
    });
  },
  'flow-matching': () => {
    const of = (metric: string) => measure('flow-matching', { metric });
    const range = (metric: string, scale: number, digits: number) => (policy: string) => {
      const [least, most] = [Math.min, Math.max].map((end) => end(...numbers(of(metric)(policy)!)) * scale);
      return `${least!.toFixed(digits)} to ${most!.toFixed(digits)}`;
    };
    return table(
      ['flow-matching', 'spline', 'gaussian'],
      {},
      {
        'walks that drown': share(of('drownRate')),
        mean: share(of('drownRate'), mean),
        'seeds, %': range('drownRate', 100, 1),
        'KL at the start, nats': number(of('startKl'), 3),
        seeds: range('startKl', 1, 3),
      },
    );
  },
  'robots-ppo': () => {
    const robots = ['HalfCheetah', 'Hopper', 'Walker2d', 'Swimmer', 'InvertedDoublePendulum', 'Reacher'];
    const of = (robot: string, metric: string) => measure('robots', { env: `mujoco/${robot}-v5`, metric });
    const returns = (policy: string, metric: string) => (robot: string) => {
      const row = of(robot, metric)(policy)!;
      return format(row, Math.abs(row.iqm!) < 1000 ? 1 : 0);
    };
    return table(
      robots,
      {},
      {
        'Gaussian, greedy': returns('gaussian', 'greedyReturn'),
        sampled: returns('gaussian', 'return'),
        'spline, greedy': returns('spline', 'greedyReturn'),
        'sampled ': returns('spline', 'return'),
      },
      'robot',
    );
  },
  'offline-cloning': () => {
    const of = (env: string, condition: string) => (policy: string) => {
      const score = (metric: string) => measure('offline', { study: 'cloning', env, condition, metric })(policy);
      return score('sampled')?.iqm == null ? score('greedy') : score('sampled');
    };
    const columns = {
      'lake, one expert': of(STRIDE, 'expert'),
      'lake, two experts': of(STRIDE, 'two-experts'),
      'Pendulum, one expert': of('Pendulum-v1', 'expert'),
      'Pendulum, two experts': of('Pendulum-v1', 'two-experts'),
    };
    return table(['gaussian', 'mixture', 'realnvp', 'spline', 'flow-matching', 'regression'], OFFLINE, {
      ...scores(columns),
      'worst seeds': extremes(Object.values(columns), lowest),
    });
  },
  'offline-agents': () => {
    const of = (env: string, condition: string, metric: string) =>
      measure('offline', { study: 'offline', env, condition, metric });
    const columns = {
      'lake, uneven banks': of(STRIDE, 'uneven', 'score'),
      'lake, medium': of(STRIDE, 'medium', 'score'),
      'Pendulum, mixed': of('Pendulum-v1', 'mixed', 'score'),
      'Pendulum, medium': of('Pendulum-v1', 'medium', 'score'),
    };
    return table(Object.keys(OFFLINE).slice(2), OFFLINE, {
      ...scores(columns),
      'worst seeds': extremes(Object.values(columns), lowest),
      'banks kept': number(of(STRIDE, 'medium', 'modes'), 2),
    });
  },
  datasets: () => {
    const kinds = ['expert', 'two-experts', 'medium', 'medium-replay', 'uneven', 'mixed'];
    const listed = listedDatasets();
    const tasks = new Set(Object.keys(listed).map((name) => name.replace(new RegExp(`-(${kinds.join('|')})$`), '')));
    const cell = (kind: string) => (task: string) => {
      const made = listed[`${task}-${kind}`];
      if (made === undefined) return '';
      const digits = Math.abs(made.return) < 10 ? 2 : 0;
      return `${minus(thousands(made.return, digits))} (${thousands(made.steps)})`;
    };
    return table([...tasks], {}, Object.fromEntries(kinds.map((kind) => [kind, cell(kind)])), 'task');
  },
};

/** A page with its tables as the stored runs have them. @throws if a block has no such table, or no end */
export function withTables(page: string): string {
  const blocks = page.match(/<!-- generated: .*? -->/g) ?? [];
  let count = 0;
  const made = page.replace(/(<!-- generated: (.*?) -->\n).*?(?=<!-- \/generated -->)/gs, (_, begin, name: string) => {
    const make = tables[name];
    if (make === undefined) {
      throw new Error(`generated: got ${name}, expected one of ${Object.keys(tables).join(', ')}`);
    }
    count++;
    return `${begin}\n${make()}\n\n`;
  });
  if (count !== blocks.length) throw new Error(`got ${blocks.length} blocks, ${count} with an end`);
  return made;
}

/** The pages that may have tables, relative to the root. */
export function pages(): string[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  const written = docs.filter(
    (path) => path.endsWith('.md') && path !== 'options.md' && !/node_modules|^api/.test(path),
  );
  return ['README.md', ...written.map((path) => join('docs', path))];
}

const productLabels = Object.fromEntries(productPolicies.map((policy) => [policy, productLabel(policy)]));

/** Goals that the classes reach in each maze, by each rule in turn, means over seeds. */
function mazeClasses(condition: string): string {
  const of = (env: string, rule: string, policy: string): number[] => {
    const row = measure('mazes', { study: 'mazes', env, condition, metric: rule })(policy);
    return row === undefined ? [] : numbers(row);
  };
  const isRun = (env: string, policy: string) => of(env, 'mode', policy).length > 0;
  const walked = mazeChoices.environments.filter((env) => mazePolicies.some((policy) => isRun(env, policy)));
  const cloned = mazePolicies.filter((policy) => walked.some((env) => isRun(env, policy)));
  const lines = cloned.flatMap((policy) => rulesOf(policy).map((rule) => `${policy} ${rule}`));
  const labels = Object.fromEntries(
    lines.map((line) => {
      const [policy, rule] = line.split(' ');
      return [line, `${mazePolicyLabel(policy!)}, ${rule}`];
    }),
  );
  const cell = (env: string) => (line: string) => {
    const [policy, rule] = line.split(' ');
    const goals = of(env, rule!, policy!);
    if (goals.length === 0) return '';
    const { mean, ...interval } = meanInterval(goals);
    return percent({ iqm: mean, ...interval });
  };
  const seedsOf = (line: string) => `${of(walked[0]!, 'mode', line.split(' ')[0]!).length}`;
  const columns = { seeds: seedsOf, ...Object.fromEntries(walked.map((env) => [mazeOf(env), cell(env)])) };
  return table(lines, labels, columns, 'class, rule');
}

const plainRobot = (env: string): string => env.replace(/^mujoco\/|-v5$/g, '');

/** The agents and policies that were run on a task, each `agent policy`. */
function shapeLines(env: string): string[] {
  return shapeChoices.studies.flatMap((study) =>
    shapeChoices.policies
      .filter((policy) => measure('shapes', { study, env, metric: 'greedyReturn' })(policy) !== undefined)
      .map((policy) => `${study} ${policy}`),
  );
}

function shapeCell(env: string, metric: string, text: (row: SummaryRow) => string) {
  return (line: string): string => {
    const [study, policy] = line.split(' ') as [string, string];
    const row = measure('shapes', { study, env, metric })(policy);
    return row === undefined || numbers(row).length === 0 ? '' : text(row);
  };
}

/** A line for each agent and policy, given as `agent policy`. */
function shapeTable(lines: readonly string[], columns: Columns): string {
  const labels = lines.map((line) => {
    const [study, policy] = line.split(' ') as [string, string];
    return [line, `${study.toUpperCase()}, ${armOf(policy).label}`];
  });
  return table(lines, Object.fromEntries(labels), columns, 'agent, policy');
}

/** Shares of walks that drown in any of k lakes walked at once. */
function drowned(study: string, lakes: number): RowOf {
  return measure('products', { study, condition: `k-${lakes}`, metric: 'drownRate' });
}

/** The classes, with the mixture that drowns least in the place of all mixtures. */
function productClasses(study: string): string {
  const mixtures = productPolicies.filter((policy) => componentsOf(policy) !== undefined);
  const [first] = mixtures;
  const lines = productPolicies.filter((policy) => policy === first || !mixtures.includes(policy));
  const best = (lakes: number) => {
    const of = drowned(study, lakes);
    const measured = mixtures.filter((policy) => of(policy) !== undefined);
    const [least] = measured.sort((a, b) => mean(of(a)!) - mean(of(b)!));
    return least === undefined ? '' : `${share(of, mean)(least)} (${componentsOf(least)})`;
  };
  const cells = (lakes: number) => (policy: string) =>
    policy === first ? best(lakes) : share(drowned(study, lakes), mean)(policy);
  return productTable(lines, cells, study, { [first!]: 'best mixture (components)' });
}

/** A column for each number of lakes that was run; classes that were not run have no line. */
function productTable(
  policies: readonly string[],
  cells: (lakes: number) => (policy: string) => string,
  study = 'products',
  labels: Readonly<Record<string, string>> = {},
): string {
  const rows = rowsOf('products').filter((row) => row.study === study);
  const lakes = [...new Set(rows.map(({ condition }) => lakesOf(condition!)))].sort((a, b) => a - b);
  const columns = Object.fromEntries(lakes.map((k) => [`${k} lake${k === 1 ? '' : 's'}`, cells(k)]));
  const lines = policies.filter((policy) => Object.values(columns).some((cell) => cell(policy) !== ''));
  return table(lines, { ...productLabels, ...labels }, columns);
}

function cost(of: 'training' | 'acting', digits: number) {
  const { rows } = JSON.parse(readFileSync(join(root, 'docs/results/products/costs.json'), 'utf8')) as {
    rows: readonly CostRow[];
  };
  return (policy: string): string => {
    const row = rows.find((each) => each.policy === policy && each.lakes === 6);
    return row === undefined ? '' : row[of].toFixed(digits);
  };
}

function noise(metric: string, scale: string) {
  const condition = scale === 'learned' ? scale : `scale-${scale}`;
  return measure('lake', { study: 'fixed-scale', env: 'Lake-v0', condition, metric });
}

function table(
  lines: readonly string[],
  labels: Readonly<Record<string, string>>,
  columns: Columns,
  corner = 'policy',
): string {
  const rows = lines.map((line) => [
    labels[line] ?? LABELS[line] ?? line,
    ...Object.values(columns).map((cell) => cell(line)),
  ]);
  const headings = [corner, ...Object.keys(columns)];
  return [headings, headings.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.trim()).join(' | ')} |`)
    .join('\n');
}

/** A column of shares in percent: intervals, or one number of each row. */
function share(of: RowOf, statistic?: (row: SummaryRow) => number) {
  return (policy: string): string => {
    const row = of(policy);
    if (row === undefined) return '';
    return statistic === undefined ? percent(row) : `${(100 * statistic(row)).toFixed(1)} %`;
  };
}

function number(of: RowOf, digits: number) {
  return (policy: string): string => format(of(policy), digits);
}

function percent(row: Interval | undefined): string {
  return format(row, 1, 100, ' %');
}

/** Columns of normalized scores, in percent without the sign. */
function scores(columns: Readonly<Record<string, RowOf>>): Columns {
  return Object.fromEntries(
    Object.entries(columns).map(([name, of]) => [name, (policy: string) => format(of(policy), 1, 100)]),
  );
}

/** What an interquartile mean of shares hides: the mean and the worst seed in percent, and how many seeds fail. */
function seeds(of: RowOf, heading: typeof DROWNED | typeof HOME) {
  return (policy: string): string => {
    const row = of(policy);
    if (row === undefined || row.iqm === null) return '';
    const failed = numbers(row).filter((value) => (heading === DROWNED ? value > 0.1 : value < 0.9)).length;
    const shown = [mean(row), (heading === DROWNED ? worst : lowest)(row)].map((value) => (100 * value).toFixed(1));
    return `${shown.join(', ')}, ${failed}`;
  };
}

/** One number of each of several columns, in percent without the sign. */
function extremes(columns: readonly RowOf[], of: (row: SummaryRow) => number) {
  return (policy: string): string => columns.map((column) => minus((100 * of(column(policy)!)).toFixed(1))).join(', ');
}

/** An interquartile mean and its interval, which is left out where it rounds to the mean alone. */
function format(row: Interval | undefined, digits: number, scale = 1, unit = ''): string {
  if (row === undefined || row.iqm === null) return '';
  const text = (value: number) => minus(thousands(scale * value, digits));
  const value = text(row.iqm);
  const ends = [row.low, row.high].map((end) => (end === null ? value : text(end)));
  return ends.every((end) => end === value) ? `${value}${unit}` : `${value}${unit} [${ends.join(', ')}]`;
}

function thousands(value: number, digits = 0): string {
  return value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ',');
}

function minus(text: string): string {
  return text.replace('-', '−').replace(/^−(0(\.0+)?)$/, '$1');
}

if (process.argv[1] === import.meta.filename) {
  for (const path of pages()) {
    const text = readFileSync(join(root, path), 'utf8');
    const made = withTables(text);
    if (made === text) continue;
    writeWholeFile(join(root, path), made);
    process.stdout.write(`${path}\n`);
  }
}
