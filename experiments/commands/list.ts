import { Command } from 'commander';
import { loadExperiment } from '../harness/loadExperiment.ts';
import type { Registry } from '../harness/registry.ts';

/** `oxbow list`: the experiments, what their options may name, and the policies with their options. */
export function listCommand(registry: Registry): Command {
  return new Command('list')
    .description('list experiments with their studies, environments and policies, and the options of policies')
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
      process.stdout.write(`\nPolicies of makePolicy, and their options:\n${(await policyLines()).join('\n')}\n`);
    });
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
