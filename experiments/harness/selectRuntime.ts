import { selectBackend, selectEngine } from '../../src/index.ts';
import type { Runtime } from './experiment.ts';
import { InputError } from './inputError.ts';

/** The engine that a config names, and the tfjs backend. @throws InputError if one of them cannot be had */
export async function selectRuntime({
  engine: wanted,
}: {
  readonly engine: Parameters<typeof selectEngine>[0];
}): Promise<Runtime> {
  try {
    const backend = await selectBackend();
    const engine = await selectEngine(wanted);
    return { engine: engine.name, backend: backend.name, lines: [engine.line, backend.line] };
  } catch (error) {
    throw new InputError((error as Error).message);
  }
}
