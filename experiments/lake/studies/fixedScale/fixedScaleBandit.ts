import type { TopLevelSpec } from 'vega-lite';
import { policyNames } from '../../../../agents/lake.ts';
import { groupBy } from '../../../../cli/experiment/collections.ts';
import type { Outcome } from '../../../../cli/experiment/experiment.ts';
import { metricTable } from '../../../../cli/report/table.ts';
import { policyColours, themeColour } from '../../../../envs/drawing/palette.ts';
import type { LakeConfig } from '../../config.ts';
import { conditionLabel } from '../../shared/conditionLabel.ts';
import { lakeJobs } from '../../study/lakeJobs.ts';
import type { StudyPart } from '../../study/studyInParts.ts';
import { ascend, bestMean } from './bumps.ts';
import { BUMPS, type ClimbData, climb } from './climb.ts';

const WIDTHS = [0.3, 0.6];
/** The widths of the bumps, one for each job of the bandit. */
export const bumpConditions = WIDTHS.map((width) => ({ key: `width-${width}`, width }));
const widthOf = (condition: string | undefined) => bumpConditions.find(({ key }) => key === condition)!.width;

/** Figures of the flip, to two digits. */
export const plain = (value: number): string => value.toFixed(2);

/** E5 in one number: bumps of reward at ±1, and a Gaussian of a fixed σ. */
export const fixedScaleBandit: StudyPart = {
  environments: [BUMPS],

  jobs: (config) =>
    lakeJobs(config, {
      study: 'fixed-scale',
      environments: [BUMPS],
      policies: ['gaussian'],
      conditions: bumpConditions.map(({ key }) => key),
      weight: () => {
        const { scales, updates, episodes } = config.fixedScale.bandit;
        return 0.3 + scales.length * (0.05 + (updates * episodes) / 1e6);
      },
    }),

  runJob: ({ condition }, config, context) => climb({ width: widthOf(condition) }, config, context),

  tables: (rows) =>
    [...groupBy(rows, ({ condition }) => condition!)].map(([condition, own]) =>
      metricTable(`Fixed scales in one number, ${conditionLabel(condition)}`, own, [
        { metric: 'flip', label: 'σ at the flip', format: plain },
        { metric: 'flipVariance', label: 's² + σ² there', format: plain },
      ]),
    ),

  section: ({ outcomes }, config) => ({
    title: 'In one number',
    paragraphs: [
      'Two bumps of reward of width s stand at ±1, and the policy is N(μ, σ²) with a σ that is not trained. Seen through the noise a bump has the ' +
        'width S = √(s² + σ²), so that the return is J(μ) ∝ exp(−(μ − 1)² / 2S²) + exp(−(μ + 1)² / 2S²), and its best mean solves μ = tanh(μ / S²): one of two banks ' +
        'where s² + σ² < 1, and 0, between them, from there on. Gradient ascent on J itself and REINFORCE on sampled actions are beside that curve. ' +
        'The flip is where |μ| falls below 0.25.',
    ],
    figures: [...groupBy(outcomes, ({ job }) => job.condition!)].map(([condition, own]) => ({
      name: `fixed-scale-pitchfork-${widthOf(condition)}`,
      caption:
        `The mean against the fixed σ, bumps of ${conditionLabel(condition)}. Line: the theory, both branches. Crosses: gradient ascent on the exact return from ` +
        'μ = ½. Dots: trained policies, one a seed. Dashed: s² + σ² = 1.',
      alt: `The mean of a Gaussian against its fixed scale, bumps of ${conditionLabel(condition)}: two branches that meet at 0.`,
      spec: pitchfork(widthOf(condition), own, config),
    })),
  }),
};

function pitchfork(width: number, outcomes: readonly Outcome[], { fixedScale: { bandit } }: LakeConfig): TopLevelSpec {
  const [least, most] = [Math.min(...bandit.scales), Math.max(...bandit.scales)];
  const theory = Array.from({ length: 201 }, (_, i) => {
    const scale = least + (i / 200) * (most - least);
    return { scale, mean: bestMean({ scale, width }) };
  });
  const trained = outcomes.flatMap(({ result }) => (result.data as ClimbData).curve);
  const colour = policyColours(policyNames).range[policyNames.indexOf('gaussian')]!;
  const x = { field: 'scale', type: 'quantitative', title: 'fixed σ', scale: { zero: false, nice: false } } as const;
  const y = {
    field: 'mean',
    type: 'quantitative',
    title: 'mean μ',
    scale: { domainMin: -1.1, domainMax: 1.1 },
  } as const;
  const branch = (sign: 1 | -1) => ({
    data: { values: theory.map(({ scale, mean }) => ({ scale, mean: sign * mean })) },
    mark: { type: 'line', color: themeColour('muted'), strokeWidth: 1.5 } as const,
    encoding: { x, y },
  });
  const fork = Math.sqrt(Math.max(0, 1 - width * width));
  return {
    width: 230,
    height: 180,
    layer: [
      {
        data: { values: [{ scale: fork }] },
        mark: { type: 'rule', color: themeColour('faint'), strokeDash: [4, 3] },
        encoding: { x },
      },
      branch(1),
      branch(-1),
      {
        data: { values: bandit.scales.map((scale) => ({ scale, mean: ascend({ scale, width }) })) },
        mark: { type: 'point', shape: 'cross', angle: 45, filled: true, size: 40, color: themeColour('ink') },
        encoding: { x, y },
      },
      {
        data: { values: trained },
        mark: { type: 'point', filled: true, size: 45, opacity: 0.8, color: colour },
        encoding: { x, y },
      },
    ],
  };
}
