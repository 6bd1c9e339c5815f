const TAIL = Buffer.from('\n> ');

/**
 * Cuts a stream at each prompt, wherever chunks are split. The bytes of an unfinished answer are kept as they came
 * and joined once, so the cost of a large answer in small chunks is not quadratic.
 */
export class Splitter {
  readonly #limit: number;
  #kept: Buffer[] = [];
  #size = 0;

  /** `limit`: bytes that one answer may have. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer, each: (answer: string) => void): void {
    // The tail may begin in the kept bytes: their end is searched again.
    const carried = this.#takeCarry();
    let data = carried.length > 0 ? Buffer.concat([carried, chunk]) : chunk;
    for (let end = data.indexOf(TAIL); end >= 0; end = data.indexOf(TAIL)) {
      each(this.#finish(data.subarray(0, end)));
      data = data.subarray(end + TAIL.length);
    }
    this.#keep(data);
  }

  #finish(last: Buffer): string {
    const text = this.#kept.length > 0 ? Buffer.concat([...this.#kept, last]).toString() : last.toString();
    this.#kept = [];
    this.#size = 0;
    return text;
  }

  #takeCarry(): Buffer {
    const last = this.#kept.pop();
    if (!last) return Buffer.alloc(0);
    const split = Math.max(0, last.length - (TAIL.length - 1));
    this.#size -= last.length - split;
    if (split > 0) this.#kept.push(last.subarray(0, split));
    return last.subarray(split);
  }

  #keep(data: Buffer): void {
    if (data.length === 0) return;
    this.#kept.push(data);
    this.#size += data.length;
    if (this.#size > this.#limit) throw new Error(`an answer of more than ${this.#limit} bytes`);
  }
}
