import { HaproxyError, type HaproxyErrorCode } from '../errors.ts';

/** What a runtime socket lets its user do, in rising order. */
export const LEVELS = ['user', 'operator', 'admin'] as const;
export type Level = (typeof LEVELS)[number];

/** A release of HAProxy: `3.4`. */
export type Release = `${number}.${number}`;

/** One command as data: what is written, and how its answer is distinguished from a refusal. */
export interface Command<T> {
  readonly line: string;
  /** True when it changes something: it is guarded against a stale worker and never sent twice. */
  readonly changes: boolean;
  /** The least level of the socket; checked before a change is sent. */
  readonly level: Level;
  /** Lines that follow the command; HAProxy reads them up to an empty one. Needs `alone`. */
  readonly payload?: string | undefined;
  /**
   * The HAProxy version that introduced it. The command is not sent to an older version: to 3.4 `clear counters
   * server …` is `clear counters`, of everything.
   */
  readonly since?: Release | undefined;
  /** Sent on a separate connection, whose end is the end of the answer: for dumps and answers without framing. */
  readonly alone?: boolean | undefined;
  /** Line, payload and answer are bytes, one character each, and no UTF-8. Needs `alone`. */
  readonly bytes?: boolean | undefined;
  /** The answer ends without an empty line on some versions, so its absence proves nothing. */
  readonly unframed?: boolean | undefined;
  /** The value of an answer without its framing; `undefined` when it is none that a success would give. */
  readonly read: (answer: string) => T | undefined;
}

type Extra = Partial<Pick<Command<unknown>, 'level' | 'since' | 'alone' | 'unframed'>>;

/** A command that reads. */
export const query = <T>(
  line: string,
  read: (answer: string) => T | undefined,
  extra: Extra = {},
): Command<T> => ({
  line,
  read,
  changes: false,
  level: 'user',
  ...extra,
});

/** A command that changes something and answers nothing on success; `done` matches the answer of those that do. */
export const change = (
  line: string,
  { done = /^$/, ...extra }: Extra & { done?: RegExp } = {},
): Command<true> => ({
  line,
  changes: true,
  level: 'admin',
  read: (answer) => (done.test(answer) ? true : undefined),
  ...extra,
});

export interface Answer {
  readonly text: string;
  /** HAProxy's own severity (syslog's numbers), where the connection was told to print it. */
  readonly severity?: number | undefined;
}

/** Takes the line feeds that end a body, and the severity that stands before a message. */
export function readAnswer(text: string): Answer {
  let end = text.length;
  while (end > 0 && text[end - 1] === '\n') end--;
  const body = text.slice(0, end);
  const [prefix, severity] = body.startsWith('[') ? (/^\[(\d)\]: /.exec(body) ?? []) : [];
  return prefix ? { text: body.slice(prefix.length), severity: Number(severity) } : { text: body };
}

/** The value of an answer, or the error that HAProxy's message means. */
export function understand<T>(command: Command<T>, { text, severity }: Answer, where: string): T {
  const failed = severity !== undefined && severity <= 3;
  const value = failed || UNKNOWN.test(text) ? undefined : command.read(text);
  if (value !== undefined) return value;
  const code = FAILURES.find(([pattern]) => pattern.test(text))?.[1] ?? 'refused';
  throw new HaproxyError(
    code,
    { doing: `"${command.line}" at ${where}`, found: excerpt(text), ...advice(code, command, text) },
    { facts: { command: command.line, answer: text.slice(0, 2000) } },
  );
}

/** A command, or the word after `set server …`, that this version does not know. */
const UNKNOWN = /^(Unknown command[,:.]|usage: set server|'set server <srv>' only supports)/i;

/** HAProxy's refusals by their messages on 2.6 to 3.5; severity alone is not enough (4 and 6 also contain failures). */
const FAILURES: readonly (readonly [RegExp, HaproxyErrorCode])[] = [
  [UNKNOWN, 'unsupported'],
  // The message of a worker that is about to stop, before it reports that it is stopping.
  [/^Proxy is disabled/, 'stale-worker'],
  [/^Permission denied/m, 'denied'],
  [/^Wait delay expired/, 'timeout'],
  [
    /^(Failed\. )?(No such|Can't find|Cannot find|Can't display|Unknown (map|ACL)|entry not found|.*not found|.*doesn't exist)/im,
    'not-found',
  ],
  [
    /^Version number|^Failed\.$|already exists?|already used|in use|Only servers in maintenance|must be (in maintenance|unpublished)|Only a backend without server|other configuration elements|statically referenced|still has/im,
    'conflict',
  ],
  [/^$/, 'unexpected'],
];

function advice(
  code: HaproxyErrorCode,
  { level, since }: Command<unknown>,
  text: string,
): { wanted?: string; fix?: string } {
  if (code === 'denied') return denial(level);
  if (code === 'unsupported' && since) return tooOld(since);
  if (code === 'stale-worker') return { fix: 'if no reload is under way, enable the backend in haproxy.cfg' };
  // Before 3.4 HAProxy says no more about a wait.
  if (text === 'Failed.')
    return {
      wanted: 'one that may be deleted',
      fix: 'look for it in the ACLs, use-server and track lines of haproxy.cfg: what they name can only be drained',
    };
  if (code === 'unexpected') return { wanted: 'an answer' };
  return {};
}

export const denial = (level: Level): { wanted: string; fix: string } => ({
  wanted: `a socket of level ${level}`,
  fix: `write "stats socket … level ${level}" in haproxy.cfg, or connect to one that has it`,
});

export const tooOld = (since: Release): { wanted: string } => ({ wanted: `HAProxy ${since} or later` });

const excerpt = (text: string): string => {
  const [first = ''] = text.split('\n');
  return first ? `HAProxy says "${first.slice(0, 200)}"` : 'an empty answer';
};
