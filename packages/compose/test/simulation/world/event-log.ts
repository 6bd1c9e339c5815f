import type { EngineEvent } from '../../../src/engine/signalled.ts';
import type { Kernel } from '../kernel.ts';

/** More than a deployment makes. */
const MOST = 256;

/** The latest events, as the engine keeps them in memory: a limited number, and none over a restart. */
export class EventLog {
  kept: readonly EngineEvent[] = [];
  limit = MOST;
  /** Something that happened is not among them any more. */
  forgotten = false;
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** A successor may look for an event of this deployment and find it gone. */
  get isForgetful(): boolean {
    return this.forgotten || this.limit < MOST;
  }

  record(Type: 'container' | 'volume', Action: string, ID: string, signal?: number): void {
    const Attributes: EngineEvent['Actor']['Attributes'] =
      signal === undefined ? {} : { signal: String(signal) };
    const event = { Type, Action, Actor: { ID, Attributes }, timeNano: this.#kernel.now * 1e6 };
    this.forgotten ||= this.kept.length >= this.limit;
    this.kept = [...this.kept, event].slice(-this.limit);
  }

  clear(): void {
    this.forgotten = true;
    this.kept = [];
  }
}
