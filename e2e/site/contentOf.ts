import { readFile } from 'node:fs/promises';
import type { Download } from 'playwright-core';

/** What a page has given to save. */
export async function contentOf(download: Download): Promise<Buffer> {
  return readFile(await download.path());
}
