import type { Plugin } from 'vitepress';

/** The sections of a module that are for debuggers: names of functions, and whatever tells lines of sources. */
const FOR_DEBUGGERS = /^(name$|\.debug|sourceMappingURL$|external_debug_info$)/;

/** A WebAssembly module without what only debuggers read. @throws if it is none */
export function strippedWasm(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 8 || String.fromCharCode(...bytes.subarray(0, 4)) !== '\0asm')
    throw new Error('expected a WebAssembly module, got something else');
  const kept = [bytes.subarray(0, 8)];
  for (let at = 8; at < bytes.length; ) {
    const [size, content] = numberAt(bytes, at + 1);
    const end = content + size;
    if (!(end <= bytes.length)) throw new Error(`the WebAssembly module ends within a section, at byte ${at}`);
    const isCustom = bytes[at] === 0;
    if (!isCustom || !FOR_DEBUGGERS.test(nameAt(bytes, content))) kept.push(bytes.subarray(at, end));
    at = end;
  }
  const stripped = new Uint8Array(kept.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of kept) {
    stripped.set(part, at);
    at += part.length;
  }
  return stripped;
}

/** An unsigned number in LEB128, and where it ends. */
function numberAt(bytes: Uint8Array, start: number): readonly [value: number, end: number] {
  let [value, at] = [0, start];
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[at++] ?? Number.NaN;
    value += (byte & 127) * factor;
    if (!(byte >= 128)) return [Number.isNaN(byte) ? Number.NaN : value, at];
  }
}

function nameAt(bytes: Uint8Array, start: number): string {
  const [length, at] = numberAt(bytes, start);
  return new TextDecoder().decode(bytes.subarray(at, at + length));
}

/** Strips the WebAssembly modules that a build writes. */
export function stripsWasm(): Plugin {
  return {
    name: 'strips-wasm',
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type === 'asset' && file.fileName.endsWith('.wasm'))
          file.source = strippedWasm(file.source as Uint8Array);
      }
    },
  };
}
