import { HaproxyError } from '../errors.ts';

/**
 * What may stand in a command. HAProxy's CLI has no quotes: `;` and a line feed start another command, a last word
 * `<<` waits for a payload, an unescaped space silently ends a value. So each word is checked against an allow-list,
 * and unsafe words are refused before anything is sent.
 */

/** Longest command in bytes with its line feed: HAProxy's default `tune.bufsize` less one. */
export const LINE_LIMIT = 16_383;

/** HAProxy's own rule for names of proxies, servers and tables. */
const NAME = /^[A-Za-z0-9_.:-]+$/;
/** `#3`, or the file as the configuration names it; 3.0's `virt@`, `opt@` and `file@` included. */
const PATTERN_FILE = /^(#\d+|[A-Za-z0-9_.:/@%+=,~-]+)$/;
/** Anything printable but `;`: letters, digits, marks, punctuation, symbols, the plain space. */
const PRINTABLE = /^[\p{L}\p{N}\p{M}\p{P}\p{S} ]+$/u;
const ADDRESS = /^[A-Za-z0-9_.:@[\]/-]+$/;

const word = (what: string, text: unknown, fits: (text: string) => boolean, wanted: string): string => {
  if (typeof text === 'string' && fits(text) && !text.includes('<<') && text.length < LINE_LIMIT) return text;
  throw new HaproxyError('invalid-options', {
    doing: `writing a command for HAProxy`,
    found: `a ${what} that cannot be sent: ${shown(text)}`,
    wanted: `${wanted}, without "<<"`,
  });
};

const shown = (text: unknown): string =>
  typeof text === 'string'
    ? JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
    : `a ${typeof text}`;

/** A proxy, server or table name. */
export const name = (text: string, what = 'name'): string =>
  word(what, text, (t) => NAME.test(t), 'letters, digits and _ . : -');

/** A map or ACL: its file as in the configuration, or `#id`. */
export const patternFile = (text: string): string =>
  word(
    'map or ACL file',
    text,
    (t) => PATTERN_FILE.test(t),
    'a path of letters, digits and _ . : / @ % + = , ~ -, or #id',
  );

/** A key or value; its spaces and backslashes are escaped, as HAProxy wants them. */
export const value = (text: string, what = 'value'): string =>
  word(
    what,
    text,
    (t) => PRINTABLE.test(t) && !t.includes(';') && t.trim() === t,
    'printable characters but ";", no space at either end',
  ).replace(/[\\ ]/g, '\\$&');

/** A key of a map or an ACL; a leading `#` would name an entry by its pointer. */
export const key = (text: string): string => {
  word('key', text, (t) => !t.startsWith('#'), 'a text that does not begin with "#"');
  return value(text, 'key');
};

/** A key of the caller's own map entry: a map file cannot hold a key with a space. */
export const mapKey = (text: string): string =>
  key(word('key of a map', text, (t) => !t.includes(' '), 'a text without spaces, as map files have them'));

/**
 * A key or value, as bytes, that HAProxy has already: it is never refused; characters that would end it are escaped.
 */
export const carried = (bytes: string): string => bytes.replace(/[\\ \t;]/g, '\\$&');

/** An IP address, host name or `unix@` path. */
export const address = (text: string): string => word('address', text, (t) => ADDRESS.test(t), 'an address');

/** A whole number within a range. */
export const integer = (number: number, what: string, least: number, most: number): string => {
  if (Number.isSafeInteger(number) && number >= least && number <= most) return String(number);
  throw new HaproxyError('invalid-options', {
    doing: 'writing a command for HAProxy',
    found: `${what} ${String(number)}`,
    wanted: `a whole number from ${least} to ${most}`,
  });
};

/** `backend/server`. */
export interface ServerName {
  readonly backend: string;
  readonly server: string;
}

export const server = ({ backend, server }: ServerName): string =>
  `${name(backend, 'backend')}/${name(server, 'server')}`;

/** Words that passed, as one line that fits HAProxy's buffer. */
export const line = (...words: readonly string[]): string => within(words.filter((w) => w !== '').join(' '));

/** A line written by the caller: one command, no payload. */
export const rawLine = (text: string): string =>
  within(
    word(
      'command',
      text,
      (t) => PRINTABLE.test(t) && !t.includes(';') && t.trim() === t,
      'one command on one line, without ";"',
    ),
  );

/** A line of so many bytes, if it fits HAProxy's buffer with its line feed. */
export function within(text: string, bytes = Buffer.byteLength(text)): string {
  const length = bytes + 1;
  if (length <= LINE_LIMIT) return text;
  throw new HaproxyError('invalid-options', {
    doing: `writing ${shown(text)}`,
    found: `a command of ${length} bytes`,
    wanted: `at most ${LINE_LIMIT}`,
  });
}
