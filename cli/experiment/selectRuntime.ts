import { selectBackend, selectEngine } from '../../src/index.ts';
import { orInputError } from './errors.ts';
import type { Runtime } from './experiment.ts';

/** What there is to say of the backend that everybody has. */
const USUAL = 'tfjs backend: cpu';

/**
 * The engine that a config names, and the tfjs backend, which is worth a line if it is another than the usual one, or does the computing.
 * @throws InputError if one of them cannot be had
 */
export function selectRuntime(config: { readonly engine: Parameters<typeof selectEngine>[0] }): Promise<Runtime> {
  return orInputError(async () => {
    const backend = await selectBackend();
    const engine = await selectEngine(config.engine);
    const says = backend.line !== USUAL || engine.name === 'eager';
    return { engine: engine.name, backend: backend.name, lines: [engine.line, ...(says ? [backend.line] : [])] };
  });
}
