/** The most threads of an engine: a kernel has two parts for each, and they are counted in 8 bits. */
export const MOST_THREADS = 64;
