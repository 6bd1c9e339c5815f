import { isIP } from 'node:net';
import { normalAddress } from '@cutover/internal';
import { HaproxyError } from '../errors.ts';
import { address, integer, line, type ServerName, server, value } from '../grammar/words.ts';
import { type Command, change } from './command.ts';

export interface AddServerOptions extends ServerName {
  /** An IP address or `unix@/path`. A name that does not resolve now would never resolve: refused. */
  address: string;
  port?: number | undefined;
  /** 0 to 256. */
  weight?: number | undefined;
  maxconn?: number | undefined;
  /** Health checks; they begin with `enableHealth`, without which HAProxy never runs them. */
  check?: { inter: number; rise?: number; fall?: number } | undefined;
  /** More words of a `server` line, each as one text: `['ssl', 'verify none']` is `['ssl', 'verify', 'none']`. */
  words?: readonly string[] | undefined;
}

/**
 * `add server`: in maintenance, without what `default-server` says, lost with the next reload. Needs a dynamic
 * balancing algorithm. On 2.6 its refusals end without an empty line.
 */
export const addServer = (options: AddServerOptions): Command<true> => {
  const { address: host, port, weight, maxconn, check, words = [] } = options;
  const fixed = fixedAddress(host);
  const at = port === undefined ? fixed : `${fixed}:${integer(port, 'port', 1, 65_535)}`;
  return change(
    line(
      'add server',
      server(options),
      at,
      weight === undefined ? '' : `weight ${integer(weight, 'weight', 0, 256)}`,
      maxconn === undefined ? '' : `maxconn ${integer(maxconn, 'maxconn', 0, 2 ** 31 - 1)}`,
      check ? checkWords(check) : '',
      ...words.map((word) => value(word, 'word')),
    ),
    { done: /^New server registered\./, since: '2.5', unframed: true },
  );
};

const fixedAddress = (host: string): string => {
  const plain = normalAddress(String(host));
  if (isIP(plain) || /^(unix|abns)@/.test(plain)) return address(plain);
  throw new HaproxyError('invalid-options', {
    doing: 'adding a server to HAProxy',
    found: 'an address that is no IP address',
    wanted: 'an IP address or unix@/path',
    fix: 'resolve the name first: HAProxy takes one that it cannot resolve, and such a server never gets an address',
  });
};

const checkWords = ({ inter, rise = 2, fall = 3 }: NonNullable<AddServerOptions['check']>): string =>
  `check inter ${integer(inter, 'inter', 1, 2 ** 31 - 1)}ms rise ${integer(rise, 'rise', 1, 1000)} fall ${integer(fall, 'fall', 1, 1000)}`;

/**
 * `del server`: one in maintenance that nothing refers to and nothing runs on. On 2.6 it ends without an empty line.
 */
export const deleteServer = (target: ServerName): Command<true> =>
  change(line('del server', server(target)), { done: /^Server deleted\./, since: '2.5', unframed: true });
