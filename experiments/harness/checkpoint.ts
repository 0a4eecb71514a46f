import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Module, StateDict } from '../../src/module.ts';
import { writeJson } from './writeFile.ts';

const FORMAT = 'oxbow-checkpoint-1';

const schema = z.strictObject({
  format: z.literal(FORMAT),
  about: z.record(z.string(), z.unknown()),
  sha256: z.string(),
  variables: z.record(z.string(), z.strictObject({ shape: z.array(z.number()), float32: z.base64() })),
});
type Checkpoint = z.infer<typeof schema>;

/**
 * Writes the variables of a module as JSON: little-endian float32 in base64, with what `about` says and a checksum.
 * The file appears whole or not at all.
 */
export function saveCheckpoint(file: string, module: Module, about: Record<string, unknown>): void {
  const variables = Object.fromEntries(
    Object.entries(module.stateDict()).map(([path, { shape, values }]) => {
      const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
      return [path, { shape: [...shape], float32: bytes.toString('base64') }];
    }),
  );
  writeJson(file, { format: FORMAT, about, sha256: checksum(variables), variables } satisfies Checkpoint);
}

/**
 * Sets the variables of a module from a file. The file is data: nothing in it is run.
 * @returns what `about` said
 * @throws if the file is no checkpoint, is damaged, or holds another module's variables; the module is unchanged then
 */
export function loadCheckpoint(file: string, module: Module): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`loadCheckpoint: cannot read ${file}: ${(error as Error).message}`);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new Error(`loadCheckpoint: ${file} is no ${FORMAT} file`);
  const { about, sha256, variables } = parsed.data;
  if (checksum(variables) !== sha256) throw new Error(`loadCheckpoint: ${file} is damaged: its checksum does not fit`);
  const state: StateDict = Object.fromEntries(
    Object.entries(variables).map(([path, { shape, float32 }]) => {
      const bytes = Uint8Array.from(Buffer.from(float32, 'base64'));
      return [path, { shape, values: new Float32Array(bytes.buffer) }];
    }),
  );
  module.loadStateDict(state);
  return about;
}

function checksum(variables: Checkpoint['variables']): string {
  return createHash('sha256').update(JSON.stringify(variables)).digest('hex');
}
