import type { Clock } from '../clock.ts';

interface Sleeper {
  at: number;
  wake: () => void;
}

/** A clock that moves only when told to. `advance` wakes sleepers in order and lets their promises run in between. */
export class FakeClock implements Clock {
  #now = 0;
  #sleepers: Sleeper[] = [];

  now = (): number => this.#now;

  sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      const wake = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper: Sleeper = { at: this.#now + ms, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', onAbort, { once: true });
    });

  /** The number of sleepers; a test can wait for it to know that code has reached its wait. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (let next = this.#next(until); next; next = this.#next(until)) {
      this.#now = next.at;
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
      next.wake();
      await settle();
    }
    this.#now = until;
  }

  #next(until: number): Sleeper | undefined {
    return this.#sleepers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
  }
}

// A macrotask lets every promise chain that is ready run to its next wait.
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
