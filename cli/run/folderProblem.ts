/** What is wrong with the folder that this process was started in, undefined if nothing: a shell may be in one that is gone. */
export function folderProblem(): string | undefined {
  try {
    process.cwd();
    return undefined;
  } catch (error) {
    return `cannot use the current folder: ${(error as Error).message}; if it was removed, go to another one`;
  }
}
