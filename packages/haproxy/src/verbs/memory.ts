import { Slots } from '../connection/slots.ts';
import { HaproxyError } from '../errors.ts';

/** How a backend's traffic is moved. */
export type Way = 'map' | 'server state';

/** What one client remembers between its verbs. */
export class Memory {
  readonly #ways = new Map<string, Way>();
  /** The number of a proxy that its name does not find, by side and name; rows that come back prove it. */
  readonly numbers = new Map<string, string>();
  readonly #turns = new Map<string, Slots>();

  /**
   * Notes how backends are switched. One that is switched by map and by server state would, after a restart that
   * restores only one of the two files, answer from a slot that the other file has taken out: refused.
   */
  claim(doing: string, backends: readonly string[], way: Way): void {
    const other = backends.find((backend) => (this.#ways.get(backend) ?? way) !== way);
    if (other !== undefined) {
      throw new HaproxyError('conflict', {
        doing,
        found: `${other} is switched by ${this.#ways.get(other)} already`,
        wanted: 'one way for one service',
        fix: `switch ${other} by ${this.#ways.get(other)} only, or use a separate client for each way if that is intended`,
      });
    }
    for (const backend of backends) this.#ways.set(backend, way);
  }

  /** Runs `work` when those before it for the same `subject` have ended. */
  inTurn<T>(subject: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const turns = this.#turns.get(subject) ?? new Slots(1);
    this.#turns.set(subject, turns);
    return turns.use(signal, work);
  }
}
