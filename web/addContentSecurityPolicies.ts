/** Gives every page of the built site its content security policy: `tsx web/addContentSecurityPolicies.ts`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withContentSecurityPolicy } from './.vitepress/withContentSecurityPolicy.ts';

const folder = join(import.meta.dirname, 'dist');
for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (!path.endsWith('.html')) continue;
  const file = join(folder, path);
  try {
    writeFileSync(file, withContentSecurityPolicy(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}
