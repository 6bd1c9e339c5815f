import { messageOf } from '@cutover/internal';
import type { ShutdownReason, StepResult } from './types.ts';

/** Uncaught errors while a shutdown runs: the first is kept, the others are counted. */
export class LateErrors {
  #first: ShutdownReason | undefined;
  #count = 0;

  /** Whether it is the first. */
  add(reason: ShutdownReason): boolean {
    this.#count++;
    if (this.#first) return false;
    this.#first = reason;
    return true;
  }

  /** As a step of the verdict, if there were any. */
  results(): StepResult[] {
    if (!this.#first) return [];
    const { text, error } = this.#first;
    const more = this.#count > 1 ? ` (and ${this.#count - 1} more)` : '';
    const name = text.split(':')[0] ?? text;
    return [{ name, phase: 'drain', outcome: 'failed', duration: 0, note: messageOf(error) + more }];
  }
}
