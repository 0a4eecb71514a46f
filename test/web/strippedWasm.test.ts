import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { strippedWasm } from '../../web/.vitepress/strippedWasm.ts';

const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const text = (name: string) => [...new TextEncoder().encode(name)];
/** A section; a custom one, 0, begins with its name. */
const section = (id: number, content: readonly number[]) => [id, content.length, ...content];
const custom = (name: string, content: readonly number[] = [1, 2, 3]) =>
  section(0, [name.length, ...text(name), ...content]);
/** The type of a function without parameters and results. */
const types = section(1, [1, 0x60, 0, 0]);

describe('strippedWasm', () => {
  test('leaves out what is for debuggers, and nothing else', () => {
    const kept = [...types, ...custom('producers'), ...custom('names of mine')];
    const module = Uint8Array.from([
      ...header,
      ...custom('.debug_info'),
      ...kept,
      ...custom('name'),
      ...custom('sourceMappingURL'),
    ]);
    expect([...strippedWasm(module)]).toEqual([...header, ...kept]);
  });

  test('reads sizes of several bytes', () => {
    const long = [...text('x'.repeat(300))];
    const size = 1 + 4 + long.length;
    const module = Uint8Array.from([
      ...header,
      0,
      (size & 127) | 128,
      size >> 7,
      4,
      ...text('name'),
      ...long,
      ...types,
    ]);
    expect([...strippedWasm(module)]).toEqual([...header, ...types]);
  });

  test.each([
    [[1, 2, 3, 4, 5, 6, 7, 8], 'expected a WebAssembly module, got something else'],
    [[...header, 1, 200, 1, 0], 'the WebAssembly module ends within a section, at byte 8'],
    [[...header, 1], 'the WebAssembly module ends within a section, at byte 8'],
  ])('refuses what is no module: %j', (bytes, message) => {
    expect(() => strippedWasm(Uint8Array.from(bytes))).toThrow(message);
  });

  test("MuJoCo's is less than half as large, and still a module of the same imports and exports", async () => {
    const bytes = readFileSync(createRequire(import.meta.url).resolve('@mujoco/mujoco/mujoco.wasm'));
    const stripped = strippedWasm(bytes);
    expect(stripped.length).toBeLessThan(bytes.length / 2);
    const [whole, part] = [new WebAssembly.Module(bytes), new WebAssembly.Module(stripped as BufferSource)];
    expect(WebAssembly.Module.exports(part)).toEqual(WebAssembly.Module.exports(whole));
    expect(WebAssembly.Module.imports(part)).toEqual(WebAssembly.Module.imports(whole));
  });
});
