#!/usr/bin/env node
// Stands for `python oxbow_server.py REQUESTS ANSWERS`, so that our side is tested where there is no Python. What it serves
// depends on the id. It writes answers byte for byte as the protocol says, with nothing of ours.
import { readSync, writeSync } from 'node:fs';

const [requests, answers] = process.argv.slice(3).map(Number);
const [MAKE, RESET, STEP, CLOSE, REWARDS] = [0, 1, 2, 3, 4];

function read(length) {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const more = readSync(requests, bytes, at, length - at, null);
    if (more === 0) process.exit(0);
    at += more;
  }
  return bytes;
}

/** In two pieces, to be put together again. */
function answer(kind, payload) {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(payload.length, 0);
  header.writeUInt32LE(kind, 4);
  const frame = Buffer.concat([header, payload]);
  const cut = Math.min(frame.length, 11);
  writeSync(answers, frame, 0, cut);
  for (let at = cut; at < frame.length; ) at += writeSync(answers, frame, at);
}

const box = (dtype, size, low, high) => ({ type: 'Box', dtype, shape: [size], low, high });
const observationSpaces = {
  'Bytes-v0': box('uint8', 3, 0, 255),
  'Large-v0': box('float64', 20_000, null, null),
  'Cards-v0': { type: 'MultiDiscrete', dtype: 'int32', nvec: [9, 9], start: [0, 1] },
  'Outside-v0': box('float64', 2, [0, 0], [1, null]),
  'Empty-v0': box('float32', 0, [], []),
  'Goals-v0': {
    type: 'Dict',
    dtype: 'float64',
    spaces: {
      observation: box('float64', 1, null, null),
      achieved_goal: box('float64', 2, null, null),
      desired_goal: box('float64', 2, null, null),
    },
  },
  'Rooms-v0': {
    type: 'Dict',
    dtype: 'int32',
    spaces: {
      mission: { type: 'Text', minLength: 0, maxLength: null, charset: null },
      image: box('uint8', 2, 0, 255),
      direction: { type: 'Discrete', dtype: 'int32', n: 4, start: -1 },
    },
  },
};
const actionSpaces = {
  'Cards-v0': { type: 'Discrete', dtype: 'int32', n: 3, start: 1 },
  'Bytes-v0': { type: 'MultiBinary', dtype: 'uint8', shape: [2] },
};
const writers = {
  float64: ['writeDoubleLE', 8],
  float32: ['writeFloatLE', 4],
  int32: ['writeInt32LE', 4],
  uint8: ['writeUInt8', 1],
};

let id;
let count;
let sameStep;
/** What the first environment is called. */
let first;
/** What is asked for beside the numbers; of Rooms-v0, which has them. */
let texts;
let wrappers;
let times;
/** Of each row: what it observes beside the time, and how long its episodes are. */
let ranks;
let observationSpace;
/** Of the answer. */
let kindOfAnswer;
/** Whether the keys of numbers have been sent. */
let isAnnounced = false;

function numbers(dtype, values) {
  const [write, size] = writers[dtype];
  const bytes = Buffer.alloc(values.length * size);
  values.forEach((value, i) => bytes[write](value, i * size));
  return bytes;
}

function observation(i) {
  if (id === 'Blind-v0' && first + i === 2 && times[i] > 0) return [times[i], Number.NaN];
  if (id === 'BlindAtLast-v0' && first + i === 1 && times[i] === 3) return [times[i], Number.NaN];
  const size = observationSpace.nvec?.length ?? observationSpace.shape?.[0] ?? 3;
  return Array.from({ length: size }, (_, k) => [times[i], ranks[i] + (id === 'Cards-v0' ? 1 : 0)][k] ?? 0);
}

function results(rewards, flags, lasts, infos) {
  const rows = times.flatMap((_, i) => observation(i));
  const isTold = texts || infos.some((info) => Object.keys(info).length > 0);
  const tail = isTold ? tailOf(infos) : Buffer.alloc(0);
  return Buffer.concat([
    numbers('float64', rewards),
    numbers(observationSpace.dtype, rows),
    Buffer.from(flags),
    Buffer.alloc(7 - ((flags.length + 7) % 8)),
    ...lasts.map((row) => numbers(observationSpace.dtype, row)),
    tail,
  ]);
}

function tailOf(infos) {
  if (texts) return Buffer.from(JSON.stringify({ infos, texts: times.map((time) => [`go on after ${time}`]) }));
  if (id !== 'Numbers-v0' || infos.some((info) => Object.keys(info).join() !== 'time,half')) {
    return Buffer.from(JSON.stringify({ infos }));
  }
  if (isAnnounced) {
    kindOfAnswer = 2;
    return numbers(
      'float64',
      infos.flatMap(({ time, half }) => [time, half ?? Number.NaN]),
    );
  }
  isAnnounced = true;
  return Buffer.from(JSON.stringify({ infos, keys: ['time', 'half'] }));
}

/** A new episode of row i: its info. */
function begin(i, seed, options) {
  times[i] = id === 'Outside-v0' ? -1 : 0;
  return id === 'Quiet-v0' ? {} : { seed, options };
}

/** An episode ends after 2 + rank steps: terminated where the rank is even, else truncated. */
function step(payload) {
  if (id === 'Killed-v0') process.kill(process.pid, 'SIGKILL');
  if (id === 'Exits-v0') process.exit(3);
  const request = payload.toString('hex');
  const skips = payload.subarray(payload.length - count);
  const [rewards, flags, lasts, lastInfos] = [[], [], [], []];
  const infos = times.map((_, i) => {
    if (skips[i]) {
      rewards.push(0);
      flags.push(0);
      return begin(i, null, null);
    }
    times[i]++;
    rewards.push(id === 'Wild-v0' && first + i === 1 ? Infinity : times[i] + ranks[i] / 10);
    const ended = times[i] >= 2 + ranks[i];
    flags.push(ended ? 1 + (ranks[i] % 2) : 0);
    const half = times[i] === 2 ? null : times[i] / 2;
    const more = { ...(id === 'Shown-v0' && { request, first, wrappers }), ...(id === 'Numbers-v0' && { half }) };
    const info = id === 'Quiet-v0' ? {} : { time: times[i], ...more };
    if (!ended || !sameStep) return info;
    lasts.push(observation(i));
    lastInfos.push(info);
    return begin(i, null, null);
  });
  return results(rewards, flags, lasts, [...infos, ...lastInfos]);
}

function serve(kind, payload) {
  const asked = kind !== STEP && kind !== REWARDS && payload.length > 0 ? JSON.parse(payload.toString()) : undefined;
  switch (kind) {
    case MAKE: {
      ({ id, count, sameStep, first, wrappers } = asked);
      texts = id === 'Rooms-v0' && asked.texts;
      if (id === 'Unstarted-v0') process.exit(3);
      times = new Array(count).fill(0);
      ranks = times.map((_, i) => i % 3);
      observationSpace = observationSpaces[id] ?? box('float64', 2, null, null);
      const actionSpace = actionSpaces[id] ?? box('float32', 1, -1, 1);
      const description = { actionSpace, observationSpace, maxEpisodeSteps: 7, rewardThreshold: null };
      return Buffer.from(JSON.stringify(description));
    }
    case RESET: {
      const isReset = (i) => asked.mask === null || asked.mask[i] !== 0;
      if (asked.seeds) ranks = asked.seeds.map((seed) => seed % 3);
      const infos = times.map((_, i) => (isReset(i) ? begin(i, asked.seeds?.[i] ?? null, asked.options) : {}));
      return results(
        times.map(() => 0),
        times.map(() => 0),
        [],
        infos,
      );
    }
    case STEP:
      return step(payload);
    case REWARDS: {
      // What was achieved less what was desired, in the first numbers; and whether that is 0.
      const n = payload.length / 16;
      const at = (row) => payload.readFloatLE(8 * row);
      const rewards = Array.from({ length: n }, (_, i) => at(i) - at(n + i));
      return Buffer.concat([numbers('float64', rewards), Buffer.from(rewards.map((reward) => Number(reward === 0)))]);
    }
    case CLOSE:
      if (id === 'Unclosed-v0') throw new Error('close() of environment 0 raised OSError: disk full');
      return Buffer.alloc(0);
  }
}

for (;;) {
  const header = read(8);
  const payload = read(header.readUInt32LE(0));
  try {
    if (id === 'Raises-v0' && header.readUInt32LE(4) === STEP)
      throw new Error(`step() of environment ${first + 1} raised KeyError: 3`);
    kindOfAnswer = 0;
    const served = serve(header.readUInt32LE(4), payload);
    if (id === 'Endless-v0' && header.readUInt32LE(4) === STEP) {
      // A header alone, as what a library of C writes to any descriptor might look.
      writeSync(answers, Buffer.alloc(8, 255));
      continue;
    }
    if (id === 'Short-v0' && header.readUInt32LE(4) === STEP) {
      answer(0, served.subarray(0, 8));
      continue;
    }
    answer(kindOfAnswer, served);
  } catch (error) {
    answer(1, Buffer.from(JSON.stringify({ message: error.message, traceback: 'Traceback: …' })));
  }
}
