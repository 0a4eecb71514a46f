// Threads that help whoever runs a program with the parts of its operations.
#pragma once

/** The most that work together, the caller among them. */
#define MOST_THREADS 64

/**
 * Has all parts of some work done, by the caller and by up to `threads` − 1 others, which are started when they are first needed and end
 * with the process. Each part is done by whoever takes it first, so that nobody waits for a thread that has not begun. The caller is thread 0.
 */
void shareParts(int threads, int parts, void (*work)(const void *data, int part, int thread), const void *data);
