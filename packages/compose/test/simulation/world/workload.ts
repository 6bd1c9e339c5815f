import type { SimContainer } from './engine.ts';

const EVERY = 250;
/** A web socket stays as long as it is let. */
const LONG = 3_600_000;

/** One thing that goes on between a client and a container. */
interface Session {
  readonly container: SimContainer;
  readonly until: number;
}

/**
 * Requests at a fixed rate whatever happens (an open loop), of 0 to 30 s, and web sockets. Between two changes of the
 * world every request meets the same fate, so they are told in one go, just before each change.
 */
export class Workload {
  served = 0;
  failed = 0;
  cut = 0;
  #tick = 0;
  #sessions: Session[] = [];

  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** All requests up to `now`, in turn to each of those who serve; lost where there are none. */
  advance(now: number, servers: readonly SimContainer[]): number {
    let lost = 0;
    const last = Math.floor(now / EVERY);
    for (; this.#tick < last; this.#tick++) {
      const server = servers[this.#tick % servers.length];
      if (!server) {
        lost++;
        continue;
      }
      this.served++;
      const until = this.#tick * EVERY + this.#duration(this.#tick);
      if (until > now) this.#sessions.push({ container: server, until });
    }
    this.failed += lost;
    return lost;
  }

  sessionsOf(container: SimContainer, now: number): number {
    this.#sessions = this.#sessions.filter(({ until }) => until > now);
    return this.#sessions.filter((session) => session.container === container).length;
  }

  /** Its container has ended: what was under way is cut. */
  end(container: SimContainer, now: number): number {
    const open = this.sessionsOf(container, now);
    this.#sessions = this.#sessions.filter((session) => session.container !== container);
    this.cut += open;
    return open;
  }

  #duration(tick: number): number {
    const dice = (Math.imul(tick + this.#seed, 0x9e3779b1) >>> 8) % 1_000;
    if (dice < 5) return LONG;
    if (dice < 25) return 1_000 + dice * 1_000;
    return dice < 200 ? dice * 10 : dice;
  }
}
