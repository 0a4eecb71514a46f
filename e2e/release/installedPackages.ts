/** What a lockfile says of a package. */
interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
}

/** A package-lock.json, as far as it is read. */
export interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/** A package that is installed at a user's. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** As its package.json says it; undefined if it does not. */
  readonly license: string | undefined;
  /** Its folder below the root. */
  readonly path: string;
}

/** What comes along with the package at a user's: its dependencies and theirs, those that are optional too. */
export function installedPackages({ packages }: Lockfile): InstalledPackage[] {
  const found: InstalledPackage[] = [];
  for (const [path, { version, license, dev, link }] of Object.entries(packages)) {
    const at = path.lastIndexOf('node_modules/');
    if (at < 0 || dev || link || version === undefined) continue;
    found.push({ name: path.slice(at + 'node_modules/'.length), version, license, path });
  }
  return found;
}
