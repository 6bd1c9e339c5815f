/**
 * As much of protobuf's wire format as two small messages need: varints, texts and nested messages.
 * Source: protobuf.dev, "Encoding".
 */
export type FieldValue = number | Uint8Array;

export interface Message {
  /** All values of a field, in their order. */
  all(field: number): readonly FieldValue[];
  /** The last number of a field, 0 when absent, as proto3 has it. */
  number(field: number): number;
  text(field: number): string;
  messages(field: number): Message[];
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Encodes fields given as number, text or nested fields; anything empty is left out, as proto3 has it. */
export function encodeMessage(fields: Readonly<Record<number, number | string | Buffer>>): Buffer {
  const parts = Object.entries(fields).map(([field, value]) => {
    if (typeof value === 'number') return value === 0 ? [] : [varint(Number(field) << 3), varint(value)];
    const bytes = Buffer.from(value as string);
    return bytes.length === 0 ? [] : [varint((Number(field) << 3) | BYTES), varint(bytes.length), bytes];
  });
  return Buffer.concat(parts.flat());
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}

/** Reads one message; throws at bytes that can be none. Unknown fields are kept and do no harm. */
export function decodeMessage(bytes: Uint8Array): Message {
  const fields = new Map<number, FieldValue[]>();
  const reader = new Reader(bytes);
  while (!reader.atEnd) {
    const [field, value] = reader.field();
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  const all = (field: number) => fields.get(field) ?? [];
  const bytesOf = (field: number) => all(field).filter((value) => typeof value !== 'number');
  return {
    all,
    number: (field) => {
      const last = all(field).at(-1);
      return typeof last === 'number' ? last : 0;
    },
    text: (field) => Buffer.from(bytesOf(field).at(-1) ?? []).toString('utf8'),
    messages: (field) => bytesOf(field).map(decodeMessage),
  };
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  field(): [field: number, value: FieldValue] {
    const tag = this.#varint();
    const field = Math.floor(tag / 8);
    if (field === 0) throw new Error('a protobuf message with field 0');
    return [field, this.#value(tag % 8)];
  }

  #value(wire: number): FieldValue {
    if (wire === VARINT) return this.#varint();
    if (wire === BYTES) return this.#take(this.#varint());
    if (wire === FIXED64) return this.#take(8);
    if (wire === FIXED32) return this.#take(4);
    throw new Error(`a protobuf message with wire type ${wire}`);
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Error('a protobuf message cut short');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  // Numbers, not bigints: what is read here (enums, lengths, seconds) stays far below 2^53.
  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < 10; shift++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new Error('a protobuf message cut short');
      value += (byte & 0x7f) * 2 ** (7 * shift);
      if (byte < 0x80) return value;
    }
    throw new Error('a protobuf number of more than 10 bytes');
  }
}
