/** What a check can report in addition to good or bad; shown only to callers that may see details. */
export interface CheckDetails {
  /** `warn` lets traffic flow but is reported; default `pass`. */
  readonly status?: 'pass' | 'warn';
  /** One line for people, without secrets. */
  readonly note?: string;
  /** Facts for machines: numbers and short texts. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

/**
 * A check of one thing. `run` resolves when it is good and rejects, with an error that says why, when it is not.
 * It must stop its work and free what it opened when `signal` aborts; its caller sets the limit.
 */
export interface Check {
  /** The name of the checked target for people: `postgres`, `orders-api`. */
  readonly name: string;
  run(context: { readonly signal: AbortSignal }): Promise<CheckDetails | void>;
}
