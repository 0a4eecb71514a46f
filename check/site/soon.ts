/** How long one waits for what takes no time on a machine with nothing else to do. */
export const SOON = { timeout: 10_000 };
