import type { SlotName } from '../../../src/domain/layout.ts';
import type { Traffic } from '../../../src/domain/traffic.ts';
import { slotOf } from '../layout.ts';
import type { SimContainer } from './engine.ts';

/** Requests in a millisecond: more than the workload has, so that the short times here are enough for a judgement. */
const RATE = 0.2;
/** Of the requests that a release answers which fails some. */
const SHARE = 0.2;

/** What the router has counted of each slot since it was loaded. */
export class Counters {
  #slots = new Map<SlotName, Traffic>();
  #at = 0;

  /** All requests up to `now`, in equal parts to these. */
  advance(now: number, servers: readonly SimContainer[], fails: (server: SimContainer) => boolean): void {
    for (const server of servers) {
      const slot = slotOf(server.service) ?? '';
      const { requests, errors } = this.#of(slot);
      const more = ((now - this.#at) * RATE) / servers.length;
      this.#slots.set(slot, {
        requests: requests + more,
        errors: errors + (fails(server) ? more * SHARE : 0),
      });
    }
    this.#at = now;
  }

  /** It was loaded anew. */
  forget(): void {
    this.#slots.clear();
  }

  /** As one of `of` routers has it. */
  all(slots: readonly SlotName[], of: number): Readonly<Record<SlotName, Traffic>> {
    const part = (count: number) => Math.floor(count / of);
    return Object.fromEntries(
      slots.map((slot) => {
        const { requests, errors } = this.#of(slot);
        return [slot, { requests: part(requests), errors: part(errors) }];
      }),
    );
  }

  #of = (slot: SlotName): Traffic => this.#slots.get(slot) ?? { requests: 0, errors: 0 };
}
