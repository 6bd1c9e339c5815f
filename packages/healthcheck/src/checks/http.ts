import { option, readOptions, redactUrl } from '@cutover/internal';
import type { Check } from '../check.ts';
import { HealthcheckError, refuseOption } from '../errors.ts';
import { defineCheck } from './define-check.ts';
import { type Answer, ask, badAnswer, type HttpRequest } from './http-exchange.ts';

export interface HttpCheckOptions {
  /** Default `http`. */
  name?: string;
  /** `GET` (default) or `HEAD`. */
  method?: 'GET' | 'HEAD';
  /** Sent as given; give `Host` as `host`. */
  headers?: Readonly<Record<string, string>>;
  /** The Host header, if the server's name differs from the address. */
  host?: string;
  /** The expected status, a list of them, or a test; default 200–299. */
  status?: number | readonly number[] | ((status: number) => boolean);
  /** Headers that must be there: an exact text or a pattern. */
  expectHeaders?: Readonly<Record<string, string | RegExp>>;
  /** A text the body must contain, or a pattern it must match. */
  body?: string | RegExp;
  /** `fail` (default): a redirect is judged by its own status. `follow`: at most 5, to the same origin only. */
  redirect?: 'fail' | 'follow';
  /** A Unix socket to connect to in place of the host of the URL. */
  socketPath?: string;
  /** Certificates to trust in place of Node's own, PEM. */
  ca?: string;
  /** Bytes of body read at most; default {@link HTTP_BODY_LIMIT}. */
  bodyLimit?: number;
}

/** 64 KB: an answer to a health question is small. */
export const HTTP_BODY_LIMIT = 65_536;

type Wanted = HttpRequest & Pick<HttpCheckOptions, 'status' | 'expectHeaders' | 'body'>;

/**
 * A request is answered as wanted. Each run uses a connection of its own, so it also proves that connections are
 * accepted.
 * @throws {HealthcheckError} `invalid-options` at the call; `run` rejects with `unreachable`, `bad-answer` or `misconfigured`.
 */
export function httpCheck(url: string | URL, options: HttpCheckOptions = {}): Check {
  const target = readUrl(url);
  const read = readOptions(
    options,
    {
      name: option.text,
      method: option.oneOf('GET', 'HEAD'),
      headers: option.object,
      host: option.text,
      status: option.either(option.count, option.list(option.count), option.function),
      expectHeaders: option.object,
      body: option.either(option.text, option.pattern),
      redirect: option.oneOf('fail', 'follow'),
      socketPath: option.text,
      ca: option.text,
      bodyLimit: option.count,
    },
    { name: 'http', redirect: 'fail', bodyLimit: HTTP_BODY_LIMIT },
    refuseOption('httpCheck'),
  );
  const doing = `asking ${redactUrl(target)}`;
  return defineCheck({
    name: read.name,
    doing,
    run: async (signal) => {
      const wanted = { ...read, doing };
      judge(await ask(target, wanted, signal), wanted);
    },
  });
}

function readUrl(url: string | URL): URL {
  const text = url instanceof URL ? url.href : typeof url === 'string' ? url : '';
  const target = URL.canParse(text) ? new URL(text) : undefined;
  if (target && /^https?:$/.test(target.protocol)) return target;
  throw new HealthcheckError('invalid-options', {
    doing: 'reading the URL of httpCheck',
    found: target ? `${target.protocol}//` : 'a text that is no URL',
    wanted: 'an http:// or https:// URL',
  });
}

function judge(answer: Answer, wanted: Wanted): void {
  if (!accepts(wanted.status, answer.status)) {
    throw badAnswer(wanted, `status ${answer.status}`, wantedStatus(wanted.status), {
      status: answer.status,
    });
  }
  for (const [name, value] of Object.entries(wanted.expectHeaders ?? {})) {
    const found = String(answer.headers[name.toLowerCase()] ?? '');
    if (!matches(value, found, found === value)) throw badAnswer(wanted, `another or no header '${name}'`);
  }
  if (
    wanted.body !== undefined &&
    !matches(wanted.body, answer.body, answer.body.includes(String(wanted.body)))
  ) {
    throw badAnswer(wanted, answer.cut ? `${wanted.bodyLimit} bytes of another body` : 'another body');
  }
}

const matches = (expected: string | RegExp, found: string, equal: boolean): boolean =>
  expected instanceof RegExp ? new RegExp(expected, expected.flags.replace(/[gy]/g, '')).test(found) : equal;

const accepts = (expected: HttpCheckOptions['status'], status: number): boolean => {
  if (expected === undefined) return status >= 200 && status < 300;
  if (typeof expected === 'function') return expected(status);
  return [expected].flat().includes(status);
};

const wantedStatus = (expected: HttpCheckOptions['status']): string =>
  expected === undefined
    ? '200 to 299'
    : typeof expected === 'function'
      ? 'another'
      : [expected].flat().join(' or ');
