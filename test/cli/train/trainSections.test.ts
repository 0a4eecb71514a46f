import { expect, test } from 'vitest';
import type { Outcome } from '../../../cli/experiment/experiment.ts';
import type { TrainConfig } from '../../../cli/train/trainConfig.ts';
import { trainSections } from '../../../cli/train/trainSections.ts';

const outcome: Outcome = {
  job: { id: 'job', study: 'iql', env: 'Pendulum-v1', policy: 'gaussian', seed: 0, weight: 1 },
  result: { metrics: {} },
  rows: [{ step: 20, return: null, evaluationReturn: -3 }],
  directory: '',
  fingerprint: '',
};

/** The figures with curves: their names, captions and axes. */
function curvesOf(config: { readonly dataset?: string; readonly agent: object }) {
  const common = { policies: ['gaussian'], environments: ['Pendulum-v1'], evaluationEpisodes: 2, evaluateEvery: 20 };
  const sections = trainSections([outcome], [], { ...common, ...config } as unknown as TrainConfig);
  return sections
    .flatMap(({ figures = [] }) => figures)
    .filter(({ name }) => name?.endsWith('-curves'))
    .map((figure) => {
      const [, steps] = / by (.*?)\. A line/.exec(figure.caption)!;
      expect(JSON.stringify(figure)).toContain(`"title":"${steps}"`);
      return [figure.name, steps];
    });
}

test('curves say what their steps are; who learns from data alone explores nothing', () => {
  expect(curvesOf({ agent: {} })).toEqual([
    ['learning-curves', 'environment steps'],
    ['evaluation-curves', 'environment steps'],
  ]);
  expect(curvesOf({ dataset: 'data', agent: { onlineSteps: 0 } })).toEqual([['evaluation-curves', 'updates on data']]);
  expect(curvesOf({ dataset: 'data', agent: { onlineSteps: 10 } })).toEqual([
    ['learning-curves', 'updates on data, then environment steps'],
    ['evaluation-curves', 'updates on data, then environment steps'],
  ]);
});
