import type { Registry } from '../cli/experiment/experiment.ts';

/** The experiments of the `oxbow` command. */
export const registry: Registry = {
  url: import.meta.url,
  experiments: {
    avoiding: async () => (await import('./avoiding.ts')).avoiding,
    banana: async () => (await import('./banana.ts')).banana,
    classic: async () => (await import('./benchmarks.ts')).classic,
    cube: async () => (await import('./cube.ts')).cube,
    densities: async () => (await import('./densities.ts')).densities,
    distill: async () => (await import('./distill.ts')).distill,
    lake: async () => (await import('./lake/lake.ts')).lake,
    mazes: async () => (await import('./mazes/mazes.ts')).mazes,
    memory: async () => (await import('./memory.ts')).memory,
    offline: async () => (await import('./offline/offline.ts')).offline,
    products: async () => (await import('./products/products.ts')).products,
    robots: async () => (await import('./benchmarks.ts')).robots,
    shapes: async () => (await import('./shapes/shapes.ts')).shapes,
    stability: async () => (await import('./stability.ts')).stability,
    vae: async () => (await import('./vae.ts')).vae,
  },
};
