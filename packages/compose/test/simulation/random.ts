/** Numbers that look random and follow from a 64-bit seed alone (xoshiro128**, seeded by splitmix). */
export class Random {
  readonly #state: Int32Array;

  constructor(seed: bigint) {
    let low = Number(BigInt.asUintN(32, seed));
    const high = Number(BigInt.asUintN(32, seed >> 32n));
    const mix = () => {
      low = (low + 0x9e3779b9) | 0;
      let z = low ^ high;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return z ^ (z >>> 16);
    };
    this.#state = Int32Array.from([mix(), mix(), mix(), mix() | 1]);
  }

  /** 32 bits. */
  next(): number {
    const s = this.#state as unknown as [number, number, number, number];
    const product = Math.imul(s[1], 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result >>> 0;
  }

  /** A whole number from `low` to `high`, both included. */
  between = (low: number, high: number): number => low + (this.next() % (high - low + 1));

  chance = (share: number): boolean => this.next() < share * 0x1_0000_0000;

  pick = <T>(from: readonly T[]): T => from[this.next() % from.length] as T;
}
