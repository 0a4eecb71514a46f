import { Command } from 'commander';
import { loadExperiment, type Registry } from '../harness/registry.ts';

/** `oxbow list`: the experiments, and what their options may name. */
export function listCommand(registry: Registry): Command {
  return new Command('list')
    .description('list experiments with their studies, environments and policies')
    .action(async () => {
      for (const name of Object.keys(registry.experiments)) {
        const { description, choices } = await loadExperiment(registry, name);
        process.stdout.write(
          `${name}: ${description}\n` +
            `  studies       ${choices.studies.join(', ')}\n` +
            `  environments  ${choices.environments.join(', ')}\n` +
            `  policies      ${choices.policies.join(', ')}\n`,
        );
      }
    });
}
