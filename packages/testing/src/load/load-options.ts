import { ExplainedError, option, readOptions, redactUrl } from '@cutover/internal';

/** One kind of request in the mix. `{id}` in path, body and `includes` stands for the id of the request. */
export interface RequestKind {
  /** As the report names it: `order`, `slow`. */
  readonly name: string;
  /** Share of the mix, relative to the other kinds; default 1. */
  readonly weight?: number;
  /** Default `GET`. */
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  /** JSON text to send with a POST. */
  readonly body?: string;
  /** `fresh` opens a connection for this request and closes it; default `keep-alive`. */
  readonly connection?: 'fresh' | 'keep-alive';
  /** Text that a correct answer contains; `{id}` proves that it answers this request. */
  readonly includes?: string;
  /** Slow by design: left out of the latency figures. */
  readonly slow?: boolean;
}

export interface LoadOptions {
  /** Base URL, plain http on a loopback address; anything else is refused. */
  readonly target: string;
  /** The private IPv4 address of a container of the caller's own, allowed as the host of `target` as well. */
  readonly container?: string;
  /** Requests a second, sent on a fixed schedule whether or not earlier ones were answered; up to 5,000. */
  readonly rate: number;
  /** Milliseconds until the schedule ends by itself; up to 15 minutes. */
  readonly duration: number;
  /** The mix. */
  readonly requests: readonly RequestKind[];
  /** Milliseconds after its intended time at which a request counts as failed; default 15,000. */
  readonly timeout?: number;
  /** Milliseconds after its intended time from which an answer counts as late (not failed); default 1,000. */
  readonly lateAfter?: number;
  /** Header of the answer by which answers are counted; default `x-version`. */
  readonly versionHeader?: string;
  /** Prefix of request ids, to find them again on the server; default unique to the run. */
  readonly idPrefix?: string;
  /** Called about once a second while the load runs, in the caller's process. */
  readonly onProgress?: (second: LoadSecond) => void;
  /** Ends the run: waits for requests in flight, then `finished` resolves as usual. */
  readonly signal?: AbortSignal;
}

/** What happened in one second of the schedule, by the time at which answers came. */
export interface LoadSecond {
  /** Seconds since the start. */
  readonly second: number;
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  /** Answers by version. */
  readonly versions: Readonly<Record<string, number>>;
  /** Wall clock of its end, milliseconds since 1970. */
  readonly at: number;
}

/** The options that are sent to the meter's process. */
export type MeterOptions = Required<Omit<LoadOptions, 'onProgress' | 'signal'>>;

export type LoadErrorCode = 'BAD_OPTION' | 'TARGET_NOT_LOOPBACK' | 'METER_DIED';

export class LoadError extends ExplainedError<LoadErrorCode> {
  override readonly name = 'LoadError';
}

export const LOAD_LIMITS = { rate: 5_000, duration: 15 * 60_000, inFlight: 5_000 } as const;

const between = (what: string, most: number) => ({
  expected: `${what}, above 0 and up to ${most}`,
  accepts: (v: unknown) => typeof v === 'number' && v > 0 && v <= most,
});

const RULES = {
  target: option.text,
  container: option.text,
  rate: between('requests a second', LOAD_LIMITS.rate),
  duration: between('milliseconds', LOAD_LIMITS.duration),
  requests: {
    expected: 'a list with one kind of request or more',
    accepts: (v: unknown) => Array.isArray(v) && v.length > 0,
  },
  timeout: option.duration,
  lateAfter: option.duration,
  versionHeader: option.text,
  idPrefix: option.text,
  onProgress: option.function,
  signal: option.signal,
};

/** Checks the options, fills the defaults and refuses every target but this machine's loopback and its own containers. */
export function readLoadOptions(
  given: LoadOptions,
): MeterOptions & Pick<LoadOptions, 'onProgress' | 'signal'> {
  const defaults = {
    container: '',
    timeout: 15_000,
    lateAfter: 1_000,
    versionHeader: 'x-version',
    idPrefix: `load-${process.pid}-${Date.now().toString(36)}`,
  };
  const options = readOptions(
    given,
    RULES,
    defaults,
    ({ name, found, wanted }) =>
      new LoadError('BAD_OPTION', { doing: `reading the load's option ${name}`, found, wanted }),
  );
  refuseForeign(options);
  return options;
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/;

const PRIVATE = /^(10\.|172\.(1[6-9]|2\d|3[01])\.|192\.168\.)/;

function refuseForeign({ target, container }: Pick<MeterOptions, 'target' | 'container'>): void {
  const url = URL.canParse(target) ? new URL(target) : undefined;
  const isOwn = url?.hostname === container && PRIVATE.test(container);
  if (url?.protocol === 'http:' && (isOwn || LOOPBACK.test(url.hostname))) return;
  throw new LoadError('TARGET_NOT_LOOPBACK', {
    doing: 'starting a load',
    found: redactUrl(target),
    wanted: 'an http URL on 127.0.0.0/8, ::1 or localhost',
    fix: 'this generator is for stacks on this machine only',
  });
}
