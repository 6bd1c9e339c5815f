import type { Clock } from '@cutover/internal';

/** A Redis that knows our three scripts, for times that the test owns. */
export class FakeRedis {
  readonly #clock: Clock;
  #holder: { id: string; until: number } | undefined;
  #fence = 0;
  /** While true, no command gets an answer. */
  silent = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get holder(): string | undefined {
    return this.#holder && this.#holder.until > this.#clock.now() ? this.#holder.id : undefined;
  }

  /** Another client takes the lock away, as after a failover. */
  steal(): void {
    this.#holder = { id: 'thief', until: Number.POSITIVE_INFINITY };
  }

  call = async (_command: string, script = '', ...args: string[]): Promise<unknown> => {
    if (this.silent) return new Promise(() => {});
    const [id = '', life = ''] = args.slice(3);
    const mine = this.holder === id;
    const until = this.#clock.now() + Number(life);
    if (script.includes("'NX'")) {
      if (this.holder) return null;
      this.#holder = { id, until };
      return ++this.#fence;
    }
    if (!mine) return 0;
    this.#holder = script.includes('PEXPIRE') ? { id, until } : undefined;
    return 1;
  };
}
