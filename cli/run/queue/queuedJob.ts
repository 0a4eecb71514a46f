import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from '../../../src/json.ts';
import { sha256 } from '../../experiment/checkedJson.ts';
import { type ErrorData, InputError } from '../../experiment/errors.ts';
import type { CommonConfig } from '../../experiment/experiment.ts';

/**
 * The queue of all runs: a worker takes jobs of any. BullMQ only says whose turn it is; what a job is, how far it is and what came of it are
 * sealed messages. The number rises with their format.
 */
export const QUEUE = 'oxbow-2';

/** Seconds that what workers have stored in Redis is kept if nobody fetches it. */
export const KEPT = 7 * 24 * 3600;

/** Characters of a message, its folders aside, at most. */
export const LONGEST_MESSAGE = 2 ** 20;

const names = z.array(z.string());
const name = z.string().max(1000);

/** What is read of a job before all else: another version may have other fields. */
const versionSchema = z.looseObject({ version: name });

/** What a worker has to know of a job to do it anywhere. */
const jobSchema = z.strictObject({
  version: name,
  engine: name,
  backend: name,
  experiment: name,
  config: z.custom<CommonConfig>(
    (value) =>
      z
        .looseObject({ seeds: z.array(z.number()), studies: names, policies: names, environments: names })
        .safeParse(value).success,
  ),
  settings: name,
  /** The id of the run directory: two runs share no jobs, whatever their settings. */
  run: name,
  /** Its id. What else it is, the experiment says by the settings. */
  job: name,
});

export type QueuedJob = z.infer<typeof jobSchema>;

const errorSchema = z.strictObject({
  message: z.string(),
  name: z.string().optional(),
  stack: z.string().optional(),
  code: z.string().optional(),
  get cause() {
    return errorSchema.optional();
  },
}) as z.ZodType<ErrorData>;

const messageSchemas = {
  /** How far a job is. */
  progress: z.strictObject({
    fraction: z.number(),
    state: z.string().optional(),
    worker: name,
    /** The last lines that the job has printed, and how many it has printed before them. */
    lines: z.array(z.string()),
    before: z.int().nonnegative(),
  }),
  /** Why a worker does not take a job. */
  refusal: z.strictObject({
    worker: name,
    why: z.string(),
    /** Whether the job itself is not believed: it was changed on its way. */
    isForged: z.boolean(),
  }),
  /** The error of a job that has failed. */
  failure: errorSchema,
};

type MessageKind = keyof typeof messageSchemas;
export type Message<K extends MessageKind> = z.infer<(typeof messageSchemas)[K]>;

const resultSchema = z.strictObject({ seconds: z.number().nonnegative(), worker: name });

/** What came of a job: how long it took, who has done it, and its packed folders. */
export type QueuedResult = z.infer<typeof resultSchema> & { readonly packed: Uint8Array };

/** A message makes no sense, though its seal vouches for it. The text follows on its name: "cannot be read". */
export class MessageError extends Error {
  override readonly name = 'MessageError';
}

/** As the text that BullMQ keeps. */
export function sealJob(seal: Seal, id: string, job: QueuedJob): string {
  return seal.seal('job', id, JSON.stringify(job)).toString();
}

/**
 * The version of oxbow of a job, and what reads the rest of it.
 * @throws SealError if it is not to be believed, before it is parsed; MessageError if it is no job
 */
export function openJob(seal: Seal, id: string, data: unknown): { readonly version: string; read(): QueuedJob } {
  if (typeof data !== 'string' || data.length > LONGEST_MESSAGE) throw new SealError('is no message of oxbow');
  const value = parse(versionSchema, seal.open('job', id, Buffer.from(data)));
  return {
    version: value.version,
    read() {
      const parsed = jobSchema.safeParse(value);
      if (!parsed.success || queueId(parsed.data) !== id) throw new MessageError('cannot be read');
      return parsed.data;
    },
  };
}

export function sealMessage<K extends MessageKind>(seal: Seal, kind: K, id: string, value: Message<K>): Buffer {
  return seal.seal(kind, id, JSON.stringify(value));
}

/** @throws SealError if it is not to be believed, before it is parsed; MessageError if it is no such message */
export function openMessage<K extends MessageKind>(seal: Seal, kind: K, id: string, sealed: Uint8Array): Message<K> {
  return parse(messageSchemas[kind] as unknown as z.ZodType<Message<K>>, seal.open(kind, id, sealed));
}

/** A line of JSON, then the folders. */
export function sealResult(seal: Seal, id: string, { packed, ...facts }: QueuedResult): Buffer {
  return seal.seal('result', id, Buffer.concat([Buffer.from(`${JSON.stringify(facts)}\n`), packed]));
}

/** @throws as {@link openMessage} */
export function openResult(seal: Seal, id: string, sealed: Uint8Array): QueuedResult {
  const content = seal.open('result', id, sealed);
  const end = content.subarray(0, 2000).indexOf('\n');
  return { ...parse(resultSchema, content.subarray(0, Math.max(0, end))), packed: content.subarray(end + 1) };
}

function parse<T>(schema: z.ZodType<T>, content: Buffer): T {
  try {
    return schema.parse(parseJson(content.toString()));
  } catch {
    throw new MessageError('cannot be read');
  }
}

/**
 * The name of a job in the queue, which stands for its run, its settings and itself, so that a run that goes on finds what it has queued.
 * Every signature covers it.
 */
export function queueId({ run, settings, job }: Pick<QueuedJob, 'run' | 'settings' | 'job'>): string {
  return sha256(JSON.stringify([run, settings, job])).slice(0, 32);
}

/** Where in Redis lies what belongs to a queued job. */
export const keysOf = (id: string) => ({
  progress: `oxbow:progress:${id}`,
  /** Why a worker has not taken it: the last word. */
  refusal: `oxbow:refusal:${id}`,
  /** The packed folders of a job that has finished. */
  result: `oxbow:result:${id}`,
  failure: `oxbow:failure:${id}`,
  /** The packed folders of a job on its way, from which another worker goes on. */
  checkpoint: `oxbow:checkpoint:${id}`,
  /** Is there when the job is to stop. */
  cancel: `oxbow:cancel:${id}`,
});

/** The environment variable that holds the key: never Redis, nor a command line, which others can list. */
export const KEY = 'OXBOW_QUEUE_KEY';

/** The fewest characters of a key: those of 128 bits as hexadecimal digits. */
const SHORTEST = 32;

/** What is signed says that it is of this protocol. */
const PROTOCOL = 'oxbow queue 2';

/** What stands in place of a signature where there is no key. */
const UNSIGNED = 'unsigned';

/** Hexadecimal digits of HMAC-SHA-256. */
const DIGITS = 64;

/** What a message is, so that none can be taken for another. */
export type Kind = 'job' | 'progress' | 'checkpoint' | 'result' | 'failure' | 'refusal' | 'cancel';

/** Why a message is not believed: the text follows on its name, "is not signed". */
export class SealError extends Error {
  override readonly name = 'SealError';
}

/**
 * Signs what goes through Redis, and believes nothing else: `<signature>:<content>`, where the signature is HMAC-SHA-256 (RFC 2104) of
 * the protocol, the kind and the id of the job, and the content, as hexadecimal digits. The content is verified before it is parsed.
 *
 * Without a key nothing is signed, `unsigned:<content>`, and whatever is not signed is believed.
 */
export class Seal {
  readonly #key: string | undefined;

  /** By the key of the environment, which is taken out of there. @throws as the constructor */
  static fromEnvironment(): Seal {
    return new Seal(takeSecret(KEY));
  }

  /** @throws InputError if the key is too short, or has other characters than visible ones of ASCII */
  constructor(key: string | undefined) {
    if (key !== undefined && !new RegExp(`^[\\x21-\\x7e]{${SHORTEST},}$`).test(key)) {
      const got = key.length < SHORTEST ? `got ${key.length} characters` : 'got one with spaces or other signs';
      throw new InputError(
        `${KEY}: ${got}, expected ${SHORTEST} or more of letters, digits and signs, such as those of: openssl rand -hex 32`,
      );
    }
    this.#key = key;
  }

  /** What whoever writes to Redis can do, where there is no key. */
  get warning(): string | undefined {
    return this.#key === undefined
      ? `No ${KEY}: whoever can write to this Redis can forge results, and have workers do any job`
      : undefined;
  }

  /** @param id of the queued job, which stands for its run and its settings: `queueId` */
  seal(kind: Kind, id: string, content: string | Uint8Array): Buffer {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    return Buffer.concat([Buffer.from(`${this.#key === undefined ? UNSIGNED : this.#sign(kind, id, bytes)}:`), bytes]);
  }

  /**
   * The content of what {@link seal} has sealed.
   * @throws SealError if it is of another kind or job, signed by another key, changed, or not signed
   */
  open(kind: Kind, id: string, sealed: Uint8Array): Buffer {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    const end = bytes.subarray(0, DIGITS + 1).indexOf(':');
    const signature = bytes.toString('latin1', 0, Math.max(0, end));
    const content = bytes.subarray(end + 1);
    if (signature !== UNSIGNED && !/^[0-9a-f]{64}$/.test(signature)) throw new SealError('is no message of oxbow');
    if (this.#key === undefined) {
      if (signature === UNSIGNED) return content;
      throw new SealError(`is signed, but ${KEY} is not set here`);
    }
    if (signature === UNSIGNED) throw new SealError(`is not signed, but ${KEY} is set here`);
    if (!timingSafeEqual(Buffer.from(signature), Buffer.from(this.#sign(kind, id, content)))) {
      throw new SealError(`has a signature that does not fit: it is forged, or ${KEY} is another there`);
    }
    return content;
  }

  #sign(kind: Kind, id: string, content: Uint8Array): string {
    // A list of JSON says where it ends: no other kind, id and content have the same bytes.
    const context = JSON.stringify([PROTOCOL, kind, id]);
    return createHmac('sha256', this.#key!).update(context).update(content).digest('hex');
  }
}

/** A secret of the environment, which it takes out of there: no program that this one starts gets it. */
export function takeSecret(variable: string): string | undefined {
  const secret = process.env[variable];
  delete process.env[variable];
  return secret;
}
