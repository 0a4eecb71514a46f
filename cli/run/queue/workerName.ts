/** How a worker calls itself in Redis, which lists its clients: `alpha:123*4` on `alpha` takes four jobs at a time. */
export const workerName = (me: string, jobs: number): string => `${me}*${jobs}`;

/** Jobs at a time of one worker, as `--workers` takes them: its name may be anybody's. */
const MOST = 1024;

/** What {@link workerName} says, from the name of a client, where BullMQ has put that of the queue before it. */
export function readWorkerName(client: string): { readonly me: string; readonly jobs: number } {
  const [, me, jobs] = /^(?:.*:w:)?(.*?)(?:\*(\d+))?$/.exec(client)!;
  return { me: me!, jobs: Math.min(Number(jobs ?? 1), MOST) };
}
