/** Gives the pages of the built site what their generators do not: a content security policy, and those of the API reference a way back to the site: `tsx web/finishPages.ts`. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { withContentSecurityPolicy, withWayBack } from './.vitepress/html.ts';

const folder = join(import.meta.dirname, 'dist');
for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (!path.endsWith('.html')) continue;
  const file = join(folder, path);
  const parts = path.split(sep);
  try {
    const html = readFileSync(file, 'utf8');
    const page = parts[0] === 'api' ? withWayBack(html, `${'../'.repeat(parts.length - 1)}index.html`) : html;
    writeFileSync(file, withContentSecurityPolicy(page));
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}
