import { relative } from 'node:path';
import type { Rng } from '../../src/random.ts';
import type { FileCall } from './recordFiles.ts';

/** A file or a folder, whatever names it has. */
interface Node {
  readonly isFolder: boolean;
  /** As a program sees it. */
  content: Buffer;
  /** What is on the disk. */
  synced: Buffer;
  /** Of a folder. */
  readonly names: Map<string, Node>;
  readonly syncedNames: Map<string, Node>;
}

/** A change of names that is not yet on the disk: one or, by a rename, two, which happen together. */
interface Change {
  readonly folder: Node;
  readonly name: string;
  /** Undefined if it is removed. */
  readonly node: Node | undefined;
  readonly from?: { readonly folder: Node; readonly name: string };
}

/**
 * A file system that keeps over a power cut what POSIX promises, and nothing else: of a file what it held at its last fsync, of a folder the
 * names that it had at its own. Each change of a name since then may have happened or not, a rename as a whole; of each content
 * written since then, all may be there, a part, zeros in its place, or nothing.
 */
export class VolatileDisk {
  readonly #root = folder();
  readonly #rootPath: string;
  readonly #open = new Map<string, Node>();
  #pending: Change[] = [];

  /** @param root the folder that it holds; calls elsewhere are left out */
  constructor(root: string) {
    this.#rootPath = root;
  }

  make(call: FileCall): void {
    switch (call.call) {
      case 'open': {
        const parts = this.#partsOf(call.path);
        if (parts === undefined) {
          this.#open.delete(call.file);
          return;
        }
        const node = /^[wa]/.test(call.flags) ? this.#create(call.path) : this.#find(parts);
        if (call.flags.startsWith('w')) node!.content = Buffer.alloc(0);
        this.#open.set(call.file, node!);
        return;
      }
      case 'write': {
        const node = this.#open.get(call.file);
        if (node !== undefined) node.content = Buffer.concat([node.content, decode(call.content)]);
        return;
      }
      case 'fsync': {
        const node = this.#open.get(call.file);
        if (node !== undefined) this.#sync(node);
        return;
      }
      case 'writeFile':
      case 'appendFile': {
        if (this.#partsOf(call.path) === undefined) return;
        const node = this.#create(call.path);
        const before = call.call === 'writeFile' ? [] : [node.content];
        node.content = Buffer.concat([...before, decode(call.content)]);
        return;
      }
      case 'truncate': {
        const parts = this.#partsOf(call.path);
        const node = parts && this.#find(parts);
        if (node !== undefined) node.content = node.content.subarray(0, call.length);
        return;
      }
      case 'rename': {
        const node = this.#remove(call.path);
        if (node === undefined) return;
        const from = this.#placeOf(call.path);
        const { folder, name } = this.#placeOf(call.to);
        folder.names.set(name, node);
        this.#pending.push({ folder, name, node, from });
        return;
      }
      case 'mkdir': {
        const parts = this.#partsOf(call.path) ?? [];
        let at = this.#root;
        for (const name of parts) at = at.names.get(name) ?? this.#link(at, name, folder());
        return;
      }
      case 'rm': {
        const parts = this.#partsOf(call.path);
        if (parts !== undefined && parts.length > 0) this.#unlink(call.path);
        return;
      }
    }
  }

  /** The files that a program sees, by path. */
  files(): Map<string, Buffer> {
    return contents(
      this.#root,
      (node) => [...node.names],
      (node) => node.content,
    );
  }

  /** The files after a cut that keeps as little as it may. */
  least(): Map<string, Buffer> {
    return contents(
      this.#root,
      (node) => [...node.syncedNames],
      (node) => node.synced,
    );
  }

  /** The files after a cut where all names are there that could be, and no content but what was synced, or a part of the rest. */
  hollow(share: number): Map<string, Buffer> {
    return contents(
      this.#root,
      (node) => [...node.names],
      (node) => torn(node, share),
    );
  }

  /** The files after a cut that kept this and that. */
  cut(rng: Rng): Map<string, Buffer> {
    const names = new Map<Node, Map<string, Node>>();
    const namesOf = (node: Node): Map<string, Node> => {
      const found = names.get(node) ?? new Map(node.syncedNames);
      names.set(node, found);
      return found;
    };
    for (const { folder, name, node, from } of this.#pending) {
      if (rng.uniform(0, 1) < 0.5) continue;
      if (from !== undefined) namesOf(from.folder).delete(from.name);
      if (node === undefined) namesOf(folder).delete(name);
      else namesOf(folder).set(name, node);
    }
    return contents(
      this.#root,
      (node) => [...namesOf(node)],
      (node) => this.#afterCut(node, rng),
    );
  }

  #afterCut(node: Node, rng: Rng): Buffer {
    const { content, synced } = node;
    if (content.equals(synced)) return content;
    const zeros = Buffer.alloc(content.length);
    const states = [content, synced, torn(node, 0), torn(node, rng.uniform(0, 1)), zeros];
    if (content.subarray(0, synced.length).equals(synced)) synced.copy(zeros);
    return states[Math.floor(rng.uniform(0, states.length))]!;
  }

  #sync(node: Node): void {
    node.synced = node.content;
    if (!node.isFolder) return;
    const done = ({ folder, from }: Change): boolean => folder === node || from?.folder === node;
    for (const { folder, name, node: named, from } of this.#pending.filter(done)) {
      from?.folder.syncedNames.delete(from.name);
      if (named === undefined) folder.syncedNames.delete(name);
      else folder.syncedNames.set(name, named);
    }
    this.#pending = this.#pending.filter((change) => !done(change));
  }

  #create(path: string): Node {
    const { folder, name } = this.#placeOf(path);
    return folder.names.get(name) ?? this.#link(folder, name, file());
  }

  #link(folder: Node, name: string, node: Node): Node {
    folder.names.set(name, node);
    this.#pending.push({ folder, name, node });
    return node;
  }

  #remove(path: string): Node | undefined {
    const { folder, name } = this.#placeOf(path);
    const node = folder?.names.get(name);
    folder?.names.delete(name);
    return node;
  }

  #unlink(path: string): void {
    const parts = this.#partsOf(path)!;
    const node = this.#find(parts);
    for (const name of [...(node?.names.keys() ?? [])]) this.#unlink(`${path}/${name}`);
    const { folder, name } = this.#placeOf(path);
    if (this.#remove(path) !== undefined) this.#pending.push({ folder, name, node: undefined });
  }

  #placeOf(path: string): { folder: Node; name: string } {
    const parts = this.#partsOf(path)!;
    return { folder: this.#find(parts.slice(0, -1))!, name: parts.at(-1)! };
  }

  #find(parts: readonly string[]): Node | undefined {
    return parts.reduce<Node | undefined>((node, name) => node?.names.get(name), this.#root);
  }

  /** The names on the way from the root, undefined for a path elsewhere. */
  #partsOf(path: string): string[] | undefined {
    const way = relative(this.#rootPath, path);
    if (way === '') return [];
    return way.startsWith('..') ? undefined : way.split('/');
  }
}

function folder(): Node {
  return {
    isFolder: true,
    content: Buffer.alloc(0),
    synced: Buffer.alloc(0),
    names: new Map(),
    syncedNames: new Map(),
  };
}

function file(): Node {
  return { ...folder(), isFolder: false };
}

function contents(
  node: Node,
  namesOf: (folder: Node) => readonly [string, Node][],
  contentOf: (file: Node) => Buffer,
): Map<string, Buffer> {
  return new Map(
    namesOf(node).flatMap(([name, child]): [string, Buffer][] =>
      child.isFolder
        ? [...contents(child, namesOf, contentOf)].map(([path, content]) => [`${name}/${path}`, content])
        : [[name, contentOf(child)]],
    ),
  );
}

/** What was synced, and a share of what came after it; from the beginning, if it was written anew. */
function torn({ content, synced }: Node, share: number): Buffer {
  const kept = content.subarray(0, synced.length).equals(synced) ? synced.length : 0;
  return content.subarray(0, kept + Math.floor(share * (content.length - kept)));
}

function decode(content: string): Buffer {
  return Buffer.from(content, 'base64');
}
