export type Field = { readonly number: number; readonly value: bigint | Uint8Array };

/** The fields of a protocol-buffer message, by its published format. */
export function decode(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const length = { 0: 0, 2: -1, 5: 4 }[Number(tag & 7n)];
    if (length === undefined) throw new Error(`wire type ${tag & 7n}`);
    if (length === 0) fields.push({ number: Number(tag >> 3n), value: varint() });
    else {
      const size = length > 0 ? length : Number(varint());
      fields.push({ number: Number(tag >> 3n), value: bytes.subarray(at, at + size) });
      at += size;
    }
  }
  return fields;
}

export const text = (value: bigint | Uint8Array): string => new TextDecoder().decode(value as Uint8Array);
export const all = (fields: Field[], number: number): (bigint | Uint8Array)[] =>
  fields.filter((field) => field.number === number).map(({ value }) => value);
