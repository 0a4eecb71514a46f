import type { Section, Table } from '../experiment/experiment.ts';
import { plural } from '../experiment/plural.ts';
import { trueMinus } from '../experiment/trueMinus.ts';
import { settingsText } from './settingsText.ts';
import type { TrainTuningConfig } from './trainTuningConfig.ts';
import { ranked, type Trial } from './trials.ts';
import { presetText, tunedTraining } from './tunedTraining.ts';

/** A trial with its number, from 1. */
export interface NumberedTrial extends Trial {
  readonly trial: number;
}

/** The trials of a policy, by the rounds of the search. */
export interface PolicyTrials {
  readonly policy: string;
  readonly rungs: readonly { readonly steps: number; readonly trials: readonly NumberedTrial[] }[];
}

/** How many of the best trials a table has. */
const SHOWN = 5;

/** The best trials of each policy in the last round, beside the settings in use before; and what was found as a preset. */
export function tuningTables(policies: readonly PolicyTrials[], config: TrainTuningConfig): Table[] {
  const found = policies.map(({ policy, rungs }) => ({ policy, order: rankedTrials(rungs.at(-1)!.trials, config) }));
  const [agent, env] = [config.studies[0]!, config.environments[0]!];
  return [
    {
      title: `Trials: ${agent}, ${env}`,
      columns: ['policy', 'trial', `return, ${config.over} of the seeds`, 'by seed', 'settings'],
      rows: found.flatMap(({ policy, order }) =>
        order.flatMap((trial, place) =>
          place < SHOWN || isInUse(trial, config) ? [[policy, ...trialCells(trial, config)]] : [],
        ),
      ),
    },
    {
      title: `Found: an entry of presets['${env}']`,
      columns: ['policy', 'entry'],
      rows: found.flatMap(({ policy, order: [best] }) =>
        best === undefined ? [] : [[policy, presetText(agent, tunedTraining(config, policy, best.settings))]],
      ),
      prose: true,
    },
  ];
}

/** How settings were searched, and all trials of each round. */
export function tuningSections(policies: readonly PolicyTrials[], config: TrainTuningConfig): Section[] {
  const { trials, seeds, over, greedy, halving, evaluationEpisodes } = config;
  const rungs = policies[0]!.rungs;
  const drawn = {
    'latin-hypercube': 'by Latin hypercube sampling',
    sobol: 'as points of a scrambled Sobol sequence',
    random: 'each by itself',
  }[config.search];
  const steps = rungs.map((rung) => rung.steps.toLocaleString('en-GB')).join(', ');
  return [
    {
      title: 'How the settings were found',
      paragraphs: [
        `Each policy had ${plural(trials, 'trial')}, drawn from one space ${drawn}, and one with the settings that were in use before. Each was trained ` +
          `with the ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}.`,
        `A trial’s score is the ${over} over the seeds of the mean return of ${plural(evaluationEpisodes, 'episode')} with ${greedy ? 'greedy' : 'sampled'} ` +
          'actions at its end. The highest score of many is too high by its luck: train with the settings on other seeds to measure them.',
        ...(rungs.length === 1
          ? []
          : [
              `By successive halving, trials were trained to ${steps} steps. From each round the best 1/${halving} went on, and the ` +
                'settings in use before. Rates went as in a training to the end.',
            ]),
      ],
    },
    ...policies.map(({ policy, rungs }) => ({
      title: `All trials: ${policy}`,
      tables: rungs.map(({ steps, trials }) => ({
        title: `At ${steps.toLocaleString('en-GB')} steps`,
        columns: ['trial', `return, ${over} of the seeds`, 'by seed', 'settings'],
        rows: [
          ...rankedTrials(trials, config).map((trial) => trialCells(trial, config)),
          ...trials.filter(({ scores }) => scores.includes(null)).map((trial) => trialCells(trial, config)),
        ],
      })),
    })),
  ];
}

function rankedTrials(trials: readonly NumberedTrial[], { over }: TrainTuningConfig) {
  return ranked(trials, { goal: 'maximize', over });
}

function isInUse({ trial }: NumberedTrial, { trials }: TrainTuningConfig): boolean {
  return trial === trials + 1;
}

function trialCells(trial: NumberedTrial & { readonly score?: number }, config: TrainTuningConfig): string[] {
  const number = (value: number | null | undefined) => (value == null ? '–' : trueMinus(value.toFixed(1)));
  return [
    String(trial.trial),
    number(trial.score),
    trial.scores.map(number).join(', '),
    isInUse(trial, config) ? 'those in use before' : settingsText(trial.settings),
  ];
}
