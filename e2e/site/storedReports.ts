import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../project.ts';

/** Where the site has the reports of the runs that are stored in `docs/results`. */
export function storedReports(): string[] {
  const results = join(root, 'docs/results');
  const names = readdirSync(results).filter((name) => existsSync(join(results, name, 'report.html')));
  if (names.length === 0) throw new Error(`${results}: got no report.html, expected one`);
  return names.map((name) => `/results/${name}/report.html`);
}
