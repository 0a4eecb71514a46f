import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The file that runs this code decides: TypeScript in the repository, JavaScript in the package. */
export const extension = extname(fileURLToPath(import.meta.url));

/** Arguments of Node, and what another process of ours needs to read TypeScript, where this one reads it. */
export function withTypeScript(execArgv: readonly string[]): string[] {
  const lacks = extension === '.ts' && !execArgv.some((argument) => argument.includes('tsx'));
  // By its full address: a bare name would be looked up in the folder of the caller.
  return lacks ? [...execArgv, '--import', import.meta.resolve('tsx')] : [...execArgv];
}
