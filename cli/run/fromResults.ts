import { join } from 'node:path';

/**
 * What `make` gives of the results of a run that is read. Checksums do not say that its jobs left what the experiment expects of them.
 * @throws an Error that names where the results lie, if `make` throws one that is none of the system's and not meant for the user
 */
export async function fromResults<T>(directory: string, make: () => T | Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'InputError' || 'code' in error) throw error;
    error.message = `${join(directory, 'jobs')}: no report can be made of the results there: ${error.message}`;
    throw error;
  }
}
