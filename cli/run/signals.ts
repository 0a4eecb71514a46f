/** What asks a program to end: Ctrl-C, another program, a terminal that is closed. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Milliseconds in which a second signal is taken for an echo: npm and tsx pass on a Ctrl-C that has already arrived. */
export const ECHO = 500;
