import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { envSchema } from '../../envs/core/registry.ts';
import { registeredEnvs } from '../../envs/index.ts';
import { loadExperiment } from '../../experiments/harness/loadExperiment.ts';
import { registry } from '../../experiments/registry.ts';
import { commonTrainShape } from '../../experiments/training/trainConfig.ts';
import { builtinFlows, policies } from '../../src/index.ts';
import { policySchema } from '../../src/policies/registry.ts';

/** Who has options. */
export interface Owner {
  readonly name: string;
  readonly description?: string;
  readonly schema: z.ZodObject;
}

/** Every agent, policy, family of flows, environment and experiment of oxbow, with the schema of its options. */
export async function inventory() {
  return {
    agents: await agents(),
    policies: policies().map(({ name, description }): Owner => ({ name, description, schema: policySchema(name)! })),
    flows: Object.entries(builtinFlows).map(
      ([name, { description, schema }]): Owner => ({ name, description, schema }),
    ),
    environments: registeredEnvs().map((name): Owner => ({ name, schema: envSchema(name)! })),
    experiments: [
      { name: 'train', description: 'what every training has', schema: z.strictObject(commonTrainShape) },
      ...(await Promise.all(
        Object.keys(registry.experiments).map(async (name): Promise<Owner> => {
          const { description, schema } = await loadExperiment(registry, name);
          return { name, description, schema: schema as unknown as z.ZodObject };
        }),
      )),
    ] satisfies Owner[],
  };
}

/** The schemas beside the agents: `ppoOptions` is that of `Ppo`. */
async function agents(): Promise<Owner[]> {
  const folder = join(import.meta.dirname, '../../agents');
  const names = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  const modules = await Promise.all(names.map((name) => import(join(folder, name)) as Promise<object>));
  return modules
    .flatMap((module) => Object.entries(module))
    .filter(([name, value]) => name.endsWith('Options') && value instanceof z.ZodObject)
    .map(([name, schema]) => ({
      name: name.replace(/^./, (letter) => letter.toUpperCase()).replace(/Options$/, ''),
      schema: schema as z.ZodObject,
    }));
}
