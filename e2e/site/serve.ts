import type { TestProject } from 'vitest/node';
import { serveSite } from '../../scripts/siteServer.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the built site is. */
    siteAddress: string;
  }
}

/** Builds and serves the site once for all files that visit it. */
export default async function serve(project: TestProject): Promise<() => Promise<void>> {
  const { address, close } = await serveSite();
  project.provide('siteAddress', address);
  return close;
}
