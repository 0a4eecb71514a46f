import type { Registry } from './experiment/experiment.ts';

/** The package runs trainings; the studies are in the repository. */
export const registry: Registry = { url: import.meta.url, experiments: {} };
