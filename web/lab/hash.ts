export const LARGEST_SEED = 2 ** 32 - 1;

/** A seed as it is typed; undefined if it is none that the command takes. */
export function seedOf(text: string): number | undefined {
  return /^\d+$/.test(text) && Number(text) <= LARGEST_SEED ? Number(text) : undefined;
}

/** A number as it is typed; undefined if it is no integer from `low` to `high`. */
export function numberWithin(text: string, [low, high]: readonly [low: number, high: number]): number | undefined {
  const value = seedOf(text);
  return value === undefined || value < low || value > high ? undefined : value;
}

/** The part of a URL behind `#` that stands for a setting of a page: what differs from the usual one. */
export function hashOf<S extends object>(setting: S, usual: S): string {
  const names = Object.keys(usual) as (keyof S & string)[];
  return new URLSearchParams(
    names.filter((name) => String(setting[name]) !== String(usual[name])).map((name) => [name, String(setting[name])]),
  ).toString();
}

type Choices<K extends string> = Readonly<Record<K, unknown>>;

/** Reads such a part; what it does not name, or names wrongly, is as usual. */
export function readHash(hash: string) {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  return {
    choice<K extends string>(name: string, choices: Choices<K>, usual: K): K {
      const text = given.get(name) ?? '';
      return Object.hasOwn(choices, text) ? (text as K) : usual;
    },
    pair<K extends string>(name: string, choices: Choices<K>, usual: readonly [K, K]): [K, K] {
      const found = given.get(name)?.split(',') ?? [];
      const areKnown = found.length === 2 && found.every((each) => Object.hasOwn(choices, each));
      return areKnown ? (found as [K, K]) : [...usual];
    },
    number(name: string, limits: readonly [low: number, high: number], usual: number): number {
      return numberWithin(given.get(name) ?? '', limits) ?? usual;
    },
  };
}
