import { brand } from './brand.ts';
import { redact } from './redact.ts';
import { redactThrown } from './redact-error.ts';

/** The parts of every error message, in this order: operation, finding, expectation, fix. */
export interface Explanation {
  /** "deploying 1.2.3 to green" */
  doing: string;
  /** "the image is not on the engine and no registry answers" */
  found: string;
  /** "an image that can be pulled" */
  wanted?: string | undefined;
  /** "push it, or correct the tag" */
  fix?: string | undefined;
}

/**
 * Base of the one error class of each package. `code` is stable and part of the API; the message is for people.
 * `facts` has values for programs. Neither they nor the chain of causes show a login: that of a URL, or an account that
 * a server names.
 */
export abstract class ExplainedError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly explanation: Explanation;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(
    code: Code,
    explanation: Explanation,
    { cause, facts = {} }: { cause?: unknown; facts?: Readonly<Record<string, unknown>> } = {},
  ) {
    const shown = { ...explanation, found: redact(explanation.found) };
    super(sentence(shown), cause === undefined ? undefined : { cause: redactThrown(cause) });
    this.code = code;
    this.explanation = shown;
    this.facts = redactThrown(facts);
  }
}
brand(ExplainedError, 'ExplainedError');

const sentence = ({ doing, found, wanted, fix }: Explanation): string =>
  `${doing}: ${found}${wanted ? `; wanted ${wanted}` : ''}${fix ? `. Fix: ${fix}` : ''}`;

/** Every code of a package, what it means and what to do about it; `docs/errors.md` is made from these. */
export type ErrorTable<Code extends string = string> = Readonly<
  Record<Code, { readonly meaning: string; readonly fix: string }>
>;

/**
 * The message of anything thrown as it may be shown, without logins; with that of an AggregateError's parts (Node's
 * refused connections have an empty one).
 */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return redact(textOf(thrown));
  if (thrown instanceof AggregateError && !thrown.message) return thrown.errors.map(messageOf).join(', ');
  return redact(textOf(thrown.message || thrown.name));
}

/** Accepts any value: even an object without its own toString can be thrown. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return 'something without a text';
  }
}
