import type { KeptPolicy, Report, Walked } from './protocol.ts';
import type { Setting } from './setting.ts';
import type { Stroke } from './strokes.ts';

/** A side whose training is over. */
export interface KeptSide extends KeptPolicy {
  readonly reports: readonly Report[];
  readonly walked: Walked;
}

/** A training that a reload of the page does not lose: with its seed it can be done again, and what is over is there at once. */
export interface KeptTraining {
  readonly setting: Setting;
  /** The ways that it has cloned, if they were drawn. */
  readonly strokes: readonly Stroke[];
  /** Undefined while it goes on. */
  readonly sides?: readonly [KeptSide, KeptSide];
}

/** Trainings whose weights are kept, of all tabs. */
const MOST = 4;
const [DATABASE, TABLE] = ['oxbow/lab', 'weights'] as const;

/** What a tab keeps of a training from its beginning on: at once, so that no reload is too early. Weights are kept under its id. */
type Begun = Omit<KeptTraining, 'sides'> & { readonly id: string };

const placeOf = (lab: string) => `${DATABASE}/${lab}`;

function begunOf(lab: string): Begun | undefined {
  const text = sessionStorage.getItem(placeOf(lab));
  return text === null ? undefined : JSON.parse(text);
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function table(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(TABLE);
  const database = await answerOf(opening);
  const transaction = database.transaction(TABLE, mode);
  // Nobody waits for what is open to go.
  for (const end of ['complete', 'abort'] as const) transaction.addEventListener(end, () => database.close());
  return transaction.objectStore(TABLE);
}

/** The training of each lab of this tab. A browser that keeps nothing keeps no training, and the lab does without. */
export const keptTrainings = {
  begin(lab: string, training: Omit<KeptTraining, 'sides'>): void {
    try {
      sessionStorage.setItem(placeOf(lab), JSON.stringify({ ...training, id: crypto.randomUUID() }));
    } catch {
      // Nothing is kept.
    }
  },

  /** @returns whether the weights are kept */
  async end(lab: string, sides: KeptTraining['sides']): Promise<boolean> {
    try {
      const { id } = begunOf(lab)!;
      const store = await table('readwrite');
      await answerOf(store.put({ at: Date.now(), sides }, id));
      const [keys, records] = await Promise.all([answerOf(store.getAllKeys()), answerOf(store.getAll())]);
      const newest = keys.map((key, i) => ({ key, at: records[i].at as number })).sort((a, b) => b.at - a.at);
      for (const { key } of newest.slice(MOST)) store.delete(key);
      return true;
    } catch {
      return false;
    }
  },

  async read(lab: string): Promise<KeptTraining | undefined> {
    try {
      const begun = begunOf(lab);
      if (begun === undefined) return undefined;
      const sides = await sidesOf(begun.id);
      return { ...begun, ...(sides && { sides }) };
    } catch {
      return undefined;
    }
  },

  async remove(lab: string): Promise<void> {
    try {
      const begun = begunOf(lab);
      sessionStorage.removeItem(placeOf(lab));
      if (begun !== undefined) await answerOf((await table('readwrite')).delete(begun.id));
    } catch {
      // Nothing is kept.
    }
  },
};

/** Undefined where a browser keeps no weights: then they are learned again. */
async function sidesOf(id: string): Promise<KeptTraining['sides']> {
  try {
    return (await answerOf((await table('readonly')).get(id)))?.sides;
  } catch {
    return undefined;
  }
}
