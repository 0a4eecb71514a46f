import { policyNames, STRIDE } from '../../../../../agents/lake.ts';
import type { Figure, Section, Table } from '../../../../../cli/experiment/experiment.ts';
import { typicalOutcome } from '../../../../../cli/report/charts.ts';
import { policyColours } from '../../../../../envs/drawing/palette.ts';
import { headingExtent } from '../../../../../envs/lake/lakeView.ts';
import { portableMath } from '../../../../../src/index.ts';
import type { LakeConfig } from '../../../config.ts';
import { bestOnLake } from '../../../headings/truth/bestOnLake.ts';
import { refinementError } from '../../../headings/truth/refinementError.ts';
import { conditionLabel } from '../../../shared/conditionLabel.ts';
import { percent } from '../../../shared/formats.ts';
import type { StudyResults } from '../../../study/lakeStudy.ts';
import { lakeFigure, walksLegend } from '../../../walks/lakeFigure.ts';
import { headingFigure, headingLegend } from './headingFigure.ts';
import { klFigures } from './klFigures.ts';
import { COLD, describeTask, type SoftLakeCondition, softLakeCondition, softLakeConditions } from './lakeConditions.ts';
import { placesFigures } from './placesFigures.ts';
import type { SoftLakeData } from './softLakeJob.ts';
import { valueFigures } from './valueFigures.ts';

const DEGREE = Math.PI / 180;
const BY_PPO = [
  'Policies learn by PPO on the soft return. They begin nearly flat, and τ falls to its last value in equal ratios. Each has settings of ' +
    'its own, found on other seeds with as many trials for each, at stride 1.3 and τ = 0.02, the task that is hardest for a Gaussian; E3 trains with the same.',
  `A nat of KL at one state costs τ of soft return, at τ = ${COLD} as much as one more step. So little is hard to see in the noise of PPO’s ` +
    'advantages: where a trained Gaussian lies above the dashed line, its training and not its class is the limit.',
];
const BY_SAC =
  'At stride 1.3 and τ = 0.1 a Gaussian, a mixture of four and the spline flow learn by SAC, too: by the gradient of its critics through ' +
  'the sample, of a mixture through the distributional transform. The critics see the cosine and the sine of the heading, so that their values ' +
  'have no seam. All three have one setting, found with a few trials on one seed, a far smaller search than PPO’s.';

/** The lake in the report. */
export function lakeSection({ outcomes, rows }: StudyResults, config: LakeConfig): Section {
  const { cells, points } = config.soft.lake;
  const conditions = softLakeConditions(config.soft);
  const refined = refinementError({ stride: STRIDE, temperature: COLD, cells, points });
  const byTemperature = conditions
    .filter(({ task, learner }) => learner === 'PPO' && task.stride === STRIDE)
    .sort((a, b) => a.task.temperature - b.task.temperature);
  const ends = [...new Set([byTemperature[0], byTemperature.at(-1)])].filter((each) => each !== undefined);
  const learners = new Set(rows.map(({ condition }) => softLakeCondition(condition, config.soft).learner));
  const largestError = Math.max(0, ...outcomes.map(({ result }) => result.metrics.klError ?? 0));
  return {
    title: 'The lake',
    paragraphs: [
      'The walker chooses a heading, a point on a circle; each step has the same length, the stride. The soft return of a walk is its ' +
        'reward and τ times the entropy of its headings, measured against the uniform density. The policy that maximizes it is known: ' +
        `soft value iteration on a grid of ${cells} × ${cells} cells and ${points} headings. At the start a grid twice as fine moves ` +
        `${percent(refined.cells)} of its mass, twice as many headings ${percent(refined.points)} (stride ${STRIDE}, τ = ${COLD}). ` +
        `The KL to it is by quadrature on headings; half as many change it by at most ${largestError.toExponential(0)} nats.`,
      'With short strides the position remembers the side, and a wide Gaussian that points ahead is nearly optimal. One stride that reaches ' +
        'the water makes the choice at once: the soft optimum has two modes, and a Gaussian, wound round the circle here, has to take one.',
      ...(learners.has('PPO') ? BY_PPO : []),
      ...(learners.has('SAC') ? [BY_SAC] : []),
    ],
    figures: [
      ...klFigures(rows, config),
      ...valueFigures(ends, config),
      ...conditions.flatMap((condition) => headings(outcomes, condition, config)),
      ...ends.flatMap((condition) => placesFigures(outcomes, condition, config)),
      ...conditions.filter(({ task }) => task.stride === STRIDE).flatMap((condition) => walks(outcomes, condition)),
    ],
    tables: [predicted(config)],
  };
}

/** The typical seed of each policy under a condition. */
function typical(outcomes: StudyResults['outcomes'], { key }: SoftLakeCondition) {
  const { domain, range } = policyColours(policyNames);
  return domain.flatMap((policy, i) => {
    const own = outcomes.filter(({ job }) => job.policy === policy && job.condition === key);
    if (own.length === 0) return [];
    const { job, result } = typicalOutcome(own, { metric: 'kl', better: 'lower' });
    const note = `seed ${job.seed}: KL ${(result.metrics.kl ?? 0).toFixed(2)}`;
    return [{ title: policy, note, colour: range[i]!, data: result.data as SoftLakeData }];
  });
}

function headings(outcomes: StudyResults['outcomes'], condition: SoftLakeCondition, config: LakeConfig): Figure[] {
  const { optimal } = bestOnLake(condition.task, config.soft.lake);
  const density = Array.from(optimal.logDensity, portableMath.exp);
  const shown = typical(outcomes, condition);
  const extent = headingExtent(density, ...shown.map(({ data }) => data.density));
  const panels = shown.map(({ data, ...panel }) => ({
    ...panel,
    alt: `Headings of ${panel.title} at the start, ${panel.note}.`,
    spec: headingFigure(data.density, { optimal: density, colour: panel.colour, extent }),
  }));
  if (panels.length === 0) return [];
  return [
    {
      name: `soft-lake-${condition.key}`,
      caption:
        `Headings at the start, ${conditionLabel(condition.key)}, over the soft optimum; home is to the right. Distances from the middle are roots of ` +
        'densities, so that equal areas hold equal mass. Each policy is shown with the seed of the median KL.',
      legend: headingLegend,
      panels,
    },
  ];
}

function walks(outcomes: StudyResults['outcomes'], condition: SoftLakeCondition): Figure[] {
  const panels = typical(outcomes, condition).map(({ data, ...panel }) => {
    const upper = data.walks.filter(({ outcome, bank }) => outcome === 'home' && bank === 'upper').length;
    const home = data.walks.filter(({ outcome }) => outcome === 'home').length;
    return {
      ...panel,
      alt: `${panel.title}, ${panel.note}: of ${data.walks.length} walks ${home} get home, ${upper} of them by the upper bank.`,
      spec: lakeFigure(data.walks, panel.colour),
    };
  });
  if (panels.length === 0) return [];
  const caption = `Sampled walks of the seeds of {soft-lake-${condition.key}}, ${conditionLabel(condition.key)}.`;
  return [{ name: `soft-lake-walks-${condition.key}`, caption, legend: walksLegend, panels }];
}

/** What is known beforehand. */
function predicted({ soft }: LakeConfig): Table {
  const tasks = new Map(softLakeConditions(soft).map(({ task }) => [describeTask(task), task]));
  return {
    title: 'Computed: the best Gaussian at the start',
    columns: ['task', 'best μ', 'best σ', 'its KL, nats'],
    rows: [...tasks].map(([name, task]) => {
      const { mean, scale, kl } = bestOnLake(task, soft.lake).best;
      return [name, `${(mean / DEGREE).toFixed(0)}°`, `${(scale / DEGREE).toFixed(0)}°`, kl.toFixed(3)];
    }),
  };
}
