import { Command } from 'commander';
import { listSettings } from '../harness/listSettings.ts';
import { loadExperiment } from '../harness/loadExperiment.ts';
import type { Registry } from '../harness/registry.ts';
import { textTable } from '../harness/report/table.ts';

/** `oxbow list`: the experiments, what their options may name, and the policies with their options; of one experiment, its settings. */
export function listCommand(registry: Registry): Command {
  return new Command('list')
    .description('list experiments with their studies, environments and policies, and the options of policies')
    .argument('[experiment]', 'list the settings of this one, with defaults and meaning')
    .action(async (name?: string) => {
      process.stdout.write(name === undefined ? await everything(registry) : await settings(registry, name));
    });
}

async function everything(registry: Registry): Promise<string> {
  const experiments = await Promise.all(
    Object.keys(registry.experiments).map(async (name) => {
      const { description, choices } = await loadExperiment(registry, name);
      return (
        `${name}: ${description}\n` +
        `  studies       ${choices.studies.join(', ')}\n` +
        `  environments  ${choices.environments.join(', ')}\n` +
        `  policies      ${choices.policies.join(', ')}\n` +
        `  settings      oxbow list ${name}\n`
      );
    }),
  );
  return `${experiments.join('')}\nPolicies of makePolicy, and their options:\n${(await policyLines()).join('\n')}\n`;
}

async function settings(registry: Registry, name: string): Promise<string> {
  const experiment = await loadExperiment(registry, name);
  const lines = Object.entries(experiment.steps).map(
    ([study, field]) => `--steps sets ${field} in the study ${study}\n`,
  );
  return `${textTable(listSettings(experiment))}\n\n${lines.join('')}`;
}

/** The registered policies with their options; those that all have come first, once. */
async function policyLines(): Promise<string[]> {
  const { commonPolicyOptions, policies } = await import('../../src/index.ts');
  const all = policies().map(({ name, description, options: { properties = {} } }) => ({
    heading: `  ${name}: ${description}`,
    options: Object.entries(properties).map(([option, schema]) => {
      const { default: value, description: meaning = '' } = schema as { default?: unknown; description?: string };
      const setting = `${option} ${value === undefined ? '' : JSON.stringify(value)}`;
      return { option, line: `    ${setting.padEnd(20)}  ${meaning}` };
    }),
  }));
  const common = all[0]!.options.filter(({ option }) => option in commonPolicyOptions).map(({ line }) => line);
  const own = ({ options }: (typeof all)[number]) =>
    options.map(({ line }) => line).filter((line) => !common.includes(line));
  return ['  all:', ...common, ...all.flatMap((policy) => [policy.heading, ...own(policy)])];
}
