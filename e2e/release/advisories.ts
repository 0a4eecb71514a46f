import type { InstalledPackage } from './installedPackages.ts';

/** The registry has not said whether anything is known: it cannot be reached, or does not answer such questions. */
export class CannotAskError extends Error {}

interface Advisory {
  readonly url: string;
  readonly title: string;
  readonly severity: string;
  readonly vulnerable_versions: string;
}

/** Of the registry's answer. */
const MILLISECONDS = 30_000;

/**
 * What is known against these packages: a line for each advisory of these versions, as `npm audit` asks for it.
 * @throws {@link CannotAskError} if the registry does not say; that nothing is known is something else
 */
export async function advisoryProblems(packages: readonly InstalledPackage[], registry: string): Promise<string[]> {
  const versions: Record<string, string[]> = {};
  for (const { name, version } of packages) versions[name] = [...(versions[name] ?? []), version];
  const answer = await ask(new URL('-/npm/v1/security/advisories/bulk', registry), versions);
  return Object.entries(answer).flatMap(([name, advisories]) =>
    advisories.map(
      ({ severity, title, url, vulnerable_versions: range }) =>
        `${name} ${versions[name]?.join(', ')}: ${severity}: ${title} (${range}), ${url}`,
    ),
  );
}

async function ask(url: URL, versions: Record<string, string[]>): Promise<Record<string, readonly Advisory[]>> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(versions),
      signal: AbortSignal.timeout(MILLISECONDS),
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const answer: unknown = await response.json();
    const isOne =
      typeof answer === 'object' && answer !== null && Object.values(answer).every((list) => Array.isArray(list));
    if (!isOne || Array.isArray(answer)) throw new Error('its answer is no list of advisories by package');
    return answer as Record<string, readonly Advisory[]>;
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? `${message}: ${cause.message}` : message;
    throw new CannotAskError(`${url.href}: ${why}`);
  }
}
