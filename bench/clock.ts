/** Milliseconds by the clock, or of what this process has had of a processor: for a machine that others use, too. */
export function clock(isProcessorTime: boolean): () => number {
  if (!isProcessorTime) return () => performance.now();
  return () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e3;
  };
}
