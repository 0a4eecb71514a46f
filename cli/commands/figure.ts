import { join } from 'node:path';
import { Command } from 'commander';
import { expectedOneOf } from '../../src/options/describe.ts';
import { checkWritable } from '../experiment/checkWritable.ts';
import { checkConfig } from '../experiment/config.ts';
import type { Figure, Section } from '../experiment/experiment.ts';
import { InputError } from '../experiment/inputError.ts';
import type { Registry } from '../experiment/registry.ts';
import { loadExperiment } from '../run/loadExperiment.ts';

/** `oxbow figure <dir> <name> <path>`: one figure of a run's report as SVG files. */
export function figureCommand(registry: Registry): Command {
  return new Command('figure')
    .description('draw one figure of a report as SVG, for light and for dark backgrounds')
    .argument('<dir>', 'a run directory')
    .argument('<name>', 'the name of the figure, as in cloning-Lake-v0-walks; an unknown name lists all')
    .argument('<path>', 'writes <path>-light.svg and <path>-dark.svg')
    .action(async (path: string, name: string, to: string) => {
      const [{ fromResults }, { RunDirectory }, { drawFigure }, { storedOutcomes }, { summarize }, { writeWholeFile }] =
        await Promise.all([
          import('../run/fromResults.ts'),
          import('../run/runDirectory.ts'),
          import('../report/drawFigure.ts'),
          import('../run/storedOutcomes.ts'),
          import('../experiment/summarize.ts'),
          import('../../src/files.ts'),
        ]);
      const fileOf = (theme: 'light' | 'dark') => `${to}-${theme}.svg`;
      checkWritable('figure', 'file', fileOf('light'));
      const directory = RunDirectory.open(path);
      const { experiment: experimentName, config, seeds } = directory.run;
      const experiment = await loadExperiment(registry, experimentName, config);
      checkConfig(experiment, config, join(path, 'config.json'));
      const { jobs, outcomes } = storedOutcomes(experiment, directory);
      const summary = summarize(jobs, outcomes, seeds);
      const sections = await fromResults(path, () =>
        experiment.report(outcomes, summary, config, experiment.conclusions?.(outcomes, summary, config) ?? {}),
      );
      const figures = allFigures(sections);
      const figure = figures.find((candidate) => candidate.name === name);
      if (figure === undefined) {
        const names = figures.flatMap((candidate) => candidate.name ?? []);
        throw new InputError(`figure: got ${name}, ${expectedOneOf(name, names)}`);
      }
      for (const theme of ['light', 'dark'] as const) {
        const file = fileOf(theme);
        const svg = await drawFigure(figure, theme);
        try {
          writeWholeFile(file, svg);
        } catch (error) {
          throw new InputError(`figure: cannot write ${file}: ${(error as Error).message}`);
        }
        process.stdout.write(`${file}\n`);
      }
    });
}

function allFigures(sections: readonly Section[]): Figure[] {
  return sections.flatMap(({ figures = [], sections = [] }) => [...figures, ...allFigures(sections)]);
}
