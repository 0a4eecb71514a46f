import { createHmac, timingSafeEqual } from 'node:crypto';
import { InputError } from '../../experiment/inputError.ts';
import { takeSecret } from './takeSecret.ts';

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
