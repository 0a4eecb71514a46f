import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import * as agentExports from '../agents/index.ts';
import { loadExperiment } from '../cli/run/loadExperiment.ts';
import { commonTrainShape } from '../cli/train/trainConfig.ts';
import { envSchema } from '../envs/core/registry.ts';
import { loadEnv, registeredEnvs } from '../envs/index.ts';
import { registry } from '../experiments/registry.ts';
import { builtinFlows, policies } from '../src/index.ts';
import { policySchema } from '../src/policies/registry.ts';

/** Who has options. */
export interface Owner {
  readonly name: string;
  /** What a program calls with the options to have one, up to their brace: `makePolicy('spline', `. */
  readonly call: string;
  readonly description?: string;
  readonly schema: z.ZodObject;
}

/** Every agent, policy, family of flows, environment and experiment of oxbow, with the schema of its options. */
export async function inventory() {
  await loadEnv('mujoco/Hopper-v5');
  await loadEnv('box2d/LunarLander-v3');
  return {
    agents: await agents(),
    policies: policies().map(
      ({ name, description }): Owner => ({
        name,
        call: `makePolicy('${name}', `,
        description,
        schema: policySchema(name)!,
      }),
    ),
    flows: await flows(),
    environments: registeredEnvs().map((name): Owner => ({ name, call: `make('${name}', `, schema: envSchema(name)! })),
    experiments: [
      {
        name: 'train',
        call: 'oxbow train',
        description: 'what every training has',
        schema: z.strictObject(commonTrainShape),
      },
      ...(await Promise.all(
        Object.keys(registry.experiments).map(async (name): Promise<Owner> => {
          const { description, schema } = await loadExperiment(registry, name);
          return { name, call: `oxbow run ${name}`, description, schema: schema as unknown as z.ZodObject };
        }),
      )),
    ] satisfies Owner[],
  };
}

/** The schemas beside the agents: `ppoOptions` is that of `Ppo`. */
async function agents(): Promise<Owner[]> {
  const exported = await Promise.all(['agents', 'agents/core', 'agents/offline'].map(exportsOf));
  return exported
    .flat()
    .filter(([name, value]) => name.endsWith('Options') && value instanceof z.ZodObject)
    .map(([key, schema]) => {
      const name = key.replace(/^./, (letter) => letter.toUpperCase()).replace(/Options$/, '');
      return { name, call: `new ${name}(`, schema: schema as z.ZodObject };
    })
    .filter(({ name }) => name in agentExports);
}

/** The families by their names in the registry; a definition's own name says the function. */
async function flows(): Promise<Owner[]> {
  const functions = new Map(
    (await exportsOf('src/flows')).map(([name, value]) => [value, name.replace('Definition', '')]),
  );
  return Object.entries(builtinFlows).map(([name, definition]) => {
    const { description, schema } = definition;
    return { name, call: `${functions.get(definition)}(`, description, schema };
  });
}

/** What the files of a folder export. */
async function exportsOf(folder: string): Promise<[string, unknown][]> {
  const path = join(import.meta.dirname, '..', folder);
  const files = readdirSync(path).filter((name) => name.endsWith('.ts') && name !== 'index.ts');
  const modules = await Promise.all(files.map((name) => import(join(path, name)) as Promise<object>));
  return modules.flatMap((module) => Object.entries(module));
}
