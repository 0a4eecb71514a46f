#include "threads.h"

#include <stddef.h>

#ifdef _WIN32
// One thread does all.
void shareParts(int threads, int parts, void (*work)(const void *data, int part, int thread), const void *data) {
  (void)threads;
  for (int part = 0; part < parts; part++) work(data, part, 0);
}
#else
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** Looks so often, some 50 µs, before a thread sleeps, or the caller lets others have its processor. */
#define PATIENCE 2000

/** One caller at a time has it; another thread of JavaScript that runs a program meanwhile does its parts alone. */
static pthread_mutex_t callers = PTHREAD_MUTEX_INITIALIZER;

/** What the threads wait for when they sleep. */
static pthread_mutex_t bellMutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t bell = PTHREAD_COND_INITIALIZER;
static _Atomic int sleepers;
static int started;

/**
 * The number of the turn; in 8 bits how many threads work on it, and in the low 8 the parts that nobody has taken. It is one word, so that
 * whoever takes a part is one of these threads. What changes often has a cache line.
 */
static _Alignas(64) _Atomic uint64_t turn;
static _Alignas(64) _Atomic int undone;
static void (*currentWork)(const void *data, int part, int thread);
static const void *currentData;

static void pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/** Takes a part and does it; false where none is left, or for another thread. */
static bool doPart(int thread) {
  uint64_t seen = atomic_load_explicit(&turn, memory_order_acquire);
  if ((seen & 0xff) == 0 || (int)(seen >> 8 & 0xff) <= thread) return false;
  if (!atomic_compare_exchange_weak_explicit(&turn, &seen, seen - 1, memory_order_acq_rel, memory_order_relaxed)) return true;
  // The turn does not end before this part is done, so that its work stays what it is.
  currentWork(currentData, (int)(seen & 0xff) - 1, thread);
  atomic_fetch_sub_explicit(&undone, 1, memory_order_acq_rel);
  return true;
}

static void *help(void *number) {
  for (;;) {
    int idle = 0;
    while (idle < PATIENCE) {
      if (doPart((int)(intptr_t)number)) idle = 0;
      else {
        idle++;
        pause();
      }
    }
    pthread_mutex_lock(&bellMutex);
    atomic_fetch_add(&sleepers, 1);
    if ((atomic_load(&turn) & 0xff) == 0) pthread_cond_wait(&bell, &bellMutex);
    atomic_fetch_sub(&sleepers, 1);
    pthread_mutex_unlock(&bellMutex);
  }
  return NULL;
}

static void start(int others) {
  sigset_t all, before;
  // Signals are for the threads of JavaScript.
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  while (started < others) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, help, (void *)(intptr_t)(started + 1)) != 0) break;
    started++;
  }
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void shareParts(int threads, int parts, void (*work)(const void *data, int part, int thread), const void *data) {
  if (threads < 2 || parts < 2 || parts > 0xff || pthread_mutex_trylock(&callers) != 0) {
    for (int part = 0; part < parts; part++) work(data, part, 0);
    return;
  }
  if (started < threads - 1) start(threads - 1);
  currentWork = work;
  currentData = data;
  atomic_store_explicit(&undone, parts, memory_order_relaxed);
  const uint64_t number = (atomic_load_explicit(&turn, memory_order_relaxed) >> 16) + 1;
  atomic_store(&turn, number << 16 | (uint64_t)threads << 8 | (uint64_t)parts);
  if (atomic_load(&sleepers) > 0) {
    pthread_mutex_lock(&bellMutex);
    pthread_cond_broadcast(&bell);
    pthread_mutex_unlock(&bellMutex);
  }
  while (doPart(0)) continue;
  for (int i = 0; atomic_load_explicit(&undone, memory_order_acquire) > 0; i++) {
    if (i < PATIENCE) pause();
    else sched_yield();
  }
  pthread_mutex_unlock(&callers);
}
#endif
