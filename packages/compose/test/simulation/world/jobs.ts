import { latest } from '../../../src/domain/journal.ts';
import { type Shop, slotOf } from '../layout.ts';
import type { SimContainer } from './engine.ts';
import type { NoteShelf } from './notes.ts';

interface Court {
  readonly shelf: NoteShelf;
  readonly shop: Shop;
  readonly journalLost: boolean;
  violate(invariant: string, text: string): void;
}

/** Judges the jobs of each deployment: I22 to I24. */
export class Jobs {
  /** How often each was started, and how the latest run of it ended, by deployment and service. */
  readonly #starts = new Map<string, number>();
  readonly #ends = new Map<string, number>();
  readonly #court: Court;

  constructor(court: Court) {
    this.#court = court;
  }

  /** The deployment that came last, where it has jobs. */
  get #intent() {
    const { shelf, shop, journalLost } = this.#court;
    const [begun] = latest(shelf.journal);
    if (shop.jobs.length === 0 || journalLost || begun?.type !== 'intent') return undefined;
    const { kind, target, origin } = begun.intent;
    return kind === 'deploy' && target !== origin ? begun.intent : undefined;
  }

  /** I22: once in a deployment, and once more for each time that it is noted that it failed. */
  started({ service }: SimContainer): void {
    const intent = this.#intent;
    if (!intent) return;
    const key = `${intent.id} ${service}`;
    const starts = (this.#starts.get(key) ?? 0) + 1;
    const failures = latest(this.#court.shelf.journal).filter(
      (entry) => entry.type === 'job' && entry.service === service && entry.state === 'failed',
    );
    if (starts > 1 + failures.length) this.#court.violate('I22', `${service} runs twice in one deployment`);
    this.#starts.set(key, starts);
    this.#ends.delete(key);
  }

  ended({ service }: SimContainer, code: number): void {
    const intent = this.#intent;
    if (intent) this.#ends.set(`${intent.id} ${service}`, code);
  }

  /** I23: nothing of the new slot starts before its job has ended well. */
  starting(services: readonly string[]): void {
    const intent = this.#intent;
    if (!intent || !services.some((service) => slotOf(service) === intent.target)) return;
    if (this.#ends.get(`${intent.id} migrate`) !== 0)
      this.#court.violate('I23', `${services} start before migrate has ended well`);
  }

  /** I24: what is deployed has had its jobs. */
  deployed(): void {
    const intent = this.#intent;
    if (
      !intent ||
      !latest(this.#court.shelf.journal).some((one) => one.type === 'outcome' && one.outcome === 'deployed')
    )
      return;
    for (const service of this.#court.shop.jobs)
      if (this.#ends.get(`${intent.id} ${service}`) !== 0)
        this.#court.violate('I24', `it says deployed, and ${service} has not ended well`);
  }
}
