/**
 * The frames of PM2's RPC socket: one byte (version in the high nibble, number of parts in the low), then each part
 * as a 4-byte big-endian length and that many bytes. A part is text (`s:`) or JSON (`j:`).
 */
const VERSION = 1;
const MOST_PARTS = 15;

/** A peer that announces more than this is not PM2 (a status of 1,000 processes is about 6 MB). */
export const FRAME_LIMIT = 64 * 1024 * 1024;

export function encodeFrame(...parts: readonly unknown[]): Buffer {
  const bodies = parts.map((part) =>
    Buffer.from(typeof part === 'string' ? `s:${part}` : `j:${JSON.stringify(part)}`),
  );
  const head = Buffer.from([(VERSION << 4) | (parts.length & MOST_PARTS)]);
  return Buffer.concat([head, ...bodies.flatMap((body) => [lengthOf(body), body])]);
}

const lengthOf = (body: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return length;
};

/** Splits a stream into frames. `push` returns the frames that a chunk completes, and throws at invalid data. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #held = 0;
  #wanted = 1;

  push(chunk: Buffer): unknown[][] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    // Joined only when a frame can be read: the cost of a large reply in small chunks must not be quadratic.
    if (this.#held < this.#wanted) return [];
    let rest = Buffer.concat(this.#chunks);
    const frames: unknown[][] = [];
    for (;;) {
      const { parts, length } = readFrame(rest);
      this.#wanted = length;
      if (!parts) break;
      frames.push(parts);
      rest = rest.subarray(length);
    }
    this.#chunks = [rest];
    this.#held = rest.length;
    return frames;
  }
}

/** The frame at the start of `data`, or how many bytes are needed to continue. */
function readFrame(data: Buffer): { parts?: unknown[]; length: number } {
  if (data.length < 1) return { length: 1 };
  const head = data.readUInt8(0);
  if (head >> 4 !== VERSION) throw new Error(`a frame of version ${head >> 4}`);
  const parts: unknown[] = [];
  let at = 1;
  for (let part = 0; part < (head & MOST_PARTS); part++) {
    if (data.length < at + 4) return { length: at + 4 };
    const length = data.readUInt32BE(at);
    if (length > FRAME_LIMIT) throw new Error(`a part of ${length} bytes`);
    const end = at + 4 + length;
    if (data.length < end) return { length: end };
    parts.push(readPart(data.subarray(at + 4, end)));
    at = end;
  }
  return { parts, length: at };
}

function readPart(body: Buffer): unknown {
  const kind = body.toString('latin1', 0, 2);
  if (kind === 's:') return body.toString('utf8', 2);
  if (kind === 'j:') return JSON.parse(body.toString('utf8', 2));
  return body;
}
