import type { Answer, SummaryRow } from '../../../../cli/experiment/experiment.ts';
import { withInterval } from '../../../../cli/experiment/summarize.ts';
import { endpointTable } from '../../../../cli/report/answers.ts';
import type { LakeConfig } from '../../config.ts';
import { conditionLabel } from '../../shared/conditionLabel.ts';
import { percentWithInterval } from '../../shared/formats.ts';
import { studyInParts } from '../../study/studyInParts.ts';
import { fixedScaleBandit, plain } from './fixedScaleBandit.ts';
import { fixedScaleLake, scaleKey } from './fixedScaleLake.ts';

/** E5: what a Gaussian that may not change its scale does. */
export const fixedScale = studyInParts([fixedScaleBandit, fixedScaleLake], {
  name: 'fixed-scale',
  title: 'A Gaussian of a fixed scale',
  question: 'Is it the Gaussian that walks into the water, or the size of its noise?',
  prediction:
    'The noise: with a fixed σ the best mean lies between the banks exactly where s² + σ² ≥ 1, and the more σ the more drown; with a learned σ few do.',
  answer: ({ rows }, config) => flipAnswer(rows, config),
  endpoint: ({ rows }) =>
    endpointTable(
      {
        measure: 's² + σ² where the trained mean moves into the water, in one number; in theory 1',
        chosen: 'before the run',
        format: plain,
        failure: `it is further than ${NEAR} from 1`,
      },
      flips(rows).map((row) => ({
        label: `Gaussian, ${conditionLabel(row.condition!)}`,
        row,
        fails: { when: (variance) => Math.abs(variance - 1) > NEAR },
      })),
    ),
});

/** The rows of s² + σ² at the flip, one for each width. */
function flips(rows: readonly SummaryRow[]): SummaryRow[] {
  return rows.filter(({ metric, iqm }) => metric === 'flipVariance' && iqm !== null);
}

/** Where the mean flips in one number; and whether the same noise drowns anybody on the lake. */
function flipAnswer(rows: readonly SummaryRow[], { fixedScale: { lake } }: LakeConfig): Answer | undefined {
  const measured = flips(rows);
  const largest = scaleKey(Math.max(...lake.scales));
  const at = (metric: string) =>
    rows.find((row) => row.metric === metric && row.condition === largest && row.iqm !== null);
  const [drowned, speed] = [at('drownRate'), at('startSpeed')];
  const inOneNumber = measured.map(
    (row) => `at s² + σ² = ${withInterval(row, plain)} for bumps of width ${conditionLabel(row.condition!)}`,
  );
  const sentences = [
    ...(inOneNumber.length === 0
      ? []
      : [
          `In one number the mean of a Gaussian of fixed σ moves into the water ${inOneNumber.join(' and ')}; theory says 1.`,
        ]),
    ...(drowned === undefined ? [] : [onTheLake(drowned, speed)]),
  ];
  if (sentences.length === 0) return undefined;
  const bars = measured.flatMap(({ condition, iqm, low, high }) =>
    iqm === null ? [] : [{ label: conditionLabel(condition!), value: iqm, low, high, text: plain(iqm) }],
  );
  return {
    text: sentences.join(' '),
    ...(bars.length > 0 && { chart: { caption: 's² + σ² at the flip; in theory 1', bars } }),
  };
}

/** What a fixed σ drowns on the lake, where a mean may outgrow it: norms above 1 are cut. */
function onTheLake(drowned: SummaryRow, speed: SummaryRow | undefined): string {
  const label = conditionLabel(drowned.condition!);
  const share = `On the lake ${label} drowns ${percentWithInterval(drowned)}`;
  const length = speed?.iqm ?? 0;
  return drowned.iqm! < FAILS && length > 1
    ? `${share}: the mean grows to ${length.toFixed(1)} times full speed, beside which the noise is small.`
    : `${share}.`;
}

/** How far s² + σ² may be from 1 at the flip. */
const NEAR = 0.15;

/** What a σ that the study blames was expected to drown. */
const FAILS = 0.2;
