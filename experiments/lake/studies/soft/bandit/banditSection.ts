import { policyNames } from '../../../../../agents/lake.ts';
import type { Figure, Section, Table } from '../../../../../cli/experiment/experiment.ts';
import { typicalOutcome } from '../../../../../cli/report/charts.ts';
import { policyColours } from '../../../../../envs/drawing/palette.ts';
import { banditDensityFigure, banditDensityLegend } from '../../../bandit/banditDensityFigure.ts';
import type { BanditData } from '../../../bandit/banditJob.ts';
import { type BanditTask, banditOptimum, leastWater } from '../../../bandit/banditOptimum.ts';
import { bestGaussian, gaussianFlip } from '../../../bandit/bestGaussian.ts';
import { conditionLabel } from '../../../shared/conditionLabel.ts';
import { nats, percent } from '../../../shared/formats.ts';
import type { StudyResults } from '../../../study/lakeStudy.ts';
import { banditConditions, taskOf } from './banditConditions.ts';
import { klFigure } from './banditKlFigure.ts';

/** Temperatures of which densities are drawn. */
const DRAWN = [0.05, 0.15];

/** The bandit in the report. */
export function banditSection({ outcomes, rows }: StudyResults): Section {
  const measured = rows.filter(({ metric }) => metric === 'kl').map((row) => ({ row, task: taskOf(row.condition) }));
  const flips = [0, 1].map((penalty) => gaussianFlip(penalty).toFixed(2));
  const [e2, l20, l40] = [Math.E ** 2, 20, 40].map((slope) => percent(leastWater(slope)));
  return {
    title: 'The bandit',
    paragraphs: [
      'One action a on a line, with the reward −½ (|a| − 1)²: two equal banks at ±1, and water between them, |a| < ½. The soft optimum ' +
        'at temperature τ has the density ∝ exp(r(a) / τ). A policy π is behind it by τ KL(π ‖ π*) of soft return, reward and τ times ' +
        'the entropy. All of this is known exactly: the optimum and the best Gaussian in closed form, the KL of a trained policy by quadrature.',
      `The best Gaussian sits on one bank, ln 2 = 0.693 nats from the optimum, which costs it τ ln 2 of soft return and nothing of ` +
        `raw return. From τ = ${flips[0]} on it lies over the water instead, with two fifths of its mass in it. Where the water costs a reward of 1 ` +
        `more, it does so only from τ = ${flips[1]} on.`,
      'All policies have one setting, chosen on seeds of its own (1000 to 1007) by what the spline flow came to, so that it is no search with an equal budget: the gradient of E[τ log π − r] through the samples (of ' +
        'mixtures, and for the penalty, which is a step: the score function), noise in antithetic pairs, a start near N(0, 1), and τ that falls ' +
        'from 1 in equal ratios over 70 % of the updates. A Gaussian that begins so stays over the water, where its KL has a local minimum at every ' +
        'τ: it is trained a second time from N(1, ½²) at constant τ, and the better of the two counts. Full covariance, NICE and ' +
        'RealNVP are Gaussians in one dimension and left out.',
      `A flow moves noise by a continuous map, and cannot leave the water empty: one that is symmetric, with slopes of at most L, has at ` +
        `least 2Φ(½ / L) − 1 of its mass there, ${e2} at L = e², ${l20} at 20, ${l40} at 40.`,
    ],
    figures: [
      ...[0, 1]
        .filter((penalty) => measured.some(({ row, task }) => task.penalty === penalty && row.iqm !== null))
        .map(
          (penalty): Figure => ({
            name: `soft-bandit-kl${penalty === 0 ? '' : '-penalty'}`,
            caption:
              `KL to the soft optimum against temperature${penalty === 0 ? '' : ', with a penalty of 1 in the water'}. A dot is the interquartile ` +
              'mean over the seeds, a bar its 95 % interval; policies stand side by side at each temperature. Dashed: the best Gaussian, computed.',
            spec: klFigure(measured, penalty),
          }),
        ),
      ...DRAWN.flatMap((temperature) => densities(outcomes, { temperature, penalty: 0 })),
    ],
    tables: [predicted()],
  };
}

/** The densities of typical seeds at one task. */
function densities(outcomes: StudyResults['outcomes'], task: BanditTask): Figure[] {
  const { domain, range } = policyColours(policyNames);
  const panels = domain.flatMap((policy, i) => {
    const own = outcomes.filter(({ job }) => {
      const { temperature, penalty } = taskOf(job.condition);
      return job.policy === policy && temperature === task.temperature && penalty === task.penalty;
    });
    if (own.length === 0) return [];
    const { job, result } = typicalOutcome(own, { metric: 'kl', better: 'lower' });
    const note = `seed ${job.seed}: KL ${nats(result.metrics.kl ?? 0)}`;
    const spec = banditDensityFigure((result.data as BanditData).density, task, range[i]!);
    return [{ title: policy, note, colour: range[i]!, alt: `Density of ${policy}, ${note}.`, spec }];
  });
  if (panels.length === 0) return [];
  return [
    {
      name: `soft-bandit-density-${task.temperature}`,
      caption: `Densities over actions at τ = ${task.temperature}, each of the seed with the median KL (of an even number, the worse of the two in the middle).`,
      legend: banditDensityLegend,
      panels,
    },
  ];
}

/** What is known beforehand. */
function predicted(): Table {
  return {
    title: 'Computed: the best Gaussian and the soft optimum',
    columns: ['task', 'best μ', 'best σ', 'its KL, nats', 'its water', 'water of the optimum'],
    rows: banditConditions.map(({ key, task }) => {
      const { mean, deviation, kl, water } = bestGaussian(task);
      return [
        conditionLabel(key),
        mean.toFixed(2),
        deviation.toFixed(2),
        nats(kl),
        percent(water),
        percent(banditOptimum(task).water),
      ];
    }),
  };
}
