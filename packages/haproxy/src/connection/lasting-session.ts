import { bounded, TimeoutError } from '@cutover/internal';
import { connectWithRetries } from './address.ts';
import type { Limits } from './batch.ts';
import { Session, stale } from './session.ts';
import type { TransportOptions } from './transport-options.ts';

/** Sessions tried before it is certain that no living worker answers: idle end, reload, one more. */
const ATTEMPTS = 3;

/** Opens a session in prompt mode. */
export async function openSession(
  { endpoint, clock, replyLimit }: TransportOptions,
  limits: Limits & { readonly signal: AbortSignal },
): Promise<Session> {
  const stream = await connectWithRetries(endpoint, clock, limits.signal);
  const session = new Session(stream, endpoint.label, clock, replyLimit);
  try {
    return await session.start(limits);
  } catch (error) {
    session.close('it did not start');
    throw error;
  }
}

/** The one session that commands share: renewed when it has ended, or when its worker is stopping. */
export class LastingSession {
  readonly #label: string;
  readonly #open: () => Promise<Session>;
  readonly #closing: AbortSignal;
  #opening: Promise<Session> | undefined;
  #session: Session | undefined;

  /** `open` has its own limits: the session is shared, so one caller's abort must not end it. */
  constructor(label: string, open: () => Promise<Session>, closing: AbortSignal) {
    this.#label = label;
    this.#open = open;
    this.#closing = closing;
  }

  /** A session whose worker takes traffic, waited for within the limits. */
  async get(limits: Limits): Promise<Session> {
    // The common case costs no AbortController and no turn of the event loop.
    if (this.#session?.fresh) return this.#session;
    try {
      return await bounded(limits, () => this.#alive());
    } catch (error) {
      if (error instanceof TimeoutError) this.#session?.close('HAProxy did not answer in time');
      throw error;
    }
  }

  /** Makes the next command check the worker first. */
  invalidateWorker(): void {
    this.#session?.invalidateWorker();
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    this.#session?.close('this client was closed');
  }

  async #alive(): Promise<Session> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      this.#opening ??= this.#renew();
      const opening = this.#opening;
      const session = await opening;
      const untilClosed = { timeout: Number.POSITIVE_INFINITY, signal: this.#closing };
      if (await session.alive(untilClosed)) return session;
      session.close('its worker was replaced');
      if (this.#opening === opening) this.#opening = undefined;
    }
    throw stale(this.#label);
  }

  async #renew(): Promise<Session> {
    try {
      this.#session = await this.#open();
      return this.#session;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }
}
