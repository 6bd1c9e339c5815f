import { HaproxyError } from '../errors.ts';
import { address, integer, line, name, type ServerName, server } from '../grammar/words.ts';
import { type Command, change } from './command.ts';

export type { ServerName } from '../grammar/words.ts';

/**
 * `ready` takes traffic when its health allows it, `drain` takes no new traffic, `maint` neither traffic nor checks.
 */
export type AdminWord = 'ready' | 'drain' | 'maint';

const WORDS: readonly string[] = ['ready', 'drain', 'maint'];

/**
 * `set server … state`. From `maint` straight to `ready` a server counts as up before its first check, and takes
 * traffic although its app is not there: use the verbs `warm` and `open`.
 */
export const setServerState = (target: ServerName, state: AdminWord): Command<true> =>
  change(line('set server', server(target), 'state', oneOf(WORDS, state)));

/** `set server … weight`: 0 to 256, or `'50%'` of the configured weight, rounded down (of weight 1 that is 0). */
export const setServerWeight = (target: ServerName, weight: number | `${number}%`): Command<true> =>
  change(line('set server', server(target), 'weight', readWeight(weight)));

/**
 * `set server … addr`. From 3.0 it takes effect later than the answer, and a second change before that is lost: use
 * the verb `setAddress`, which reads it back.
 */
export const setServerAddress = (target: ServerName, to: string, port?: number): Command<true> =>
  change(
    line(
      'set server',
      server(target),
      'addr',
      address(to),
      port === undefined ? '' : `port ${integer(port, 'port', 1, 65_535)}`,
    ),
    { done: /changed from|no need to change|nothing changed/ },
  );

/**
 * `set server … fqdn`: a host name that HAProxy resolves from now on, with the `resolvers` of its server line; without
 * those it is refused. The address follows when DNS answers.
 */
export const setServerFqdn = (target: ServerName, fqdn: string): Command<true> =>
  change(line('set server', server(target), 'fqdn', name(fqdn, 'host name')), {
    // Sic: that is how HAProxy spells it.
    done: /changed its FQDN|no need to change the FDQN/,
  });

/**
 * `set server … ssl`: whether traffic to it is encrypted. Only for a server that the configuration gave `ssl` settings;
 * not for one that was added at runtime.
 */
export const setServerSsl = (target: ServerName, ssl: boolean): Command<true> =>
  change(line('set server', server(target), `ssl ${ssl ? 'on' : 'off'}`), {
    done: /^server ssl setting updated\.$/,
  });

/**
 * `set server … name` (3.5): one in maintenance that no rule names; its old name is unknown then. Lost with the next
 * reload.
 */
export const renameServer = (target: ServerName, newName: string): Command<true> =>
  change(line('set server', server(target), 'name', name(newName, 'server')), {
    done: /^Server name updated\.$/,
    since: '3.5',
  });

/** `shutdown sessions server`: cuts its sessions in flight. */
export const shutdownSessions = (target: ServerName): Command<true> =>
  change(line('shutdown sessions server', server(target)));

const oneOf = <T extends string>(words: readonly string[], word: T): T => {
  if (words.includes(word)) return word;
  throw refused(`'${String(word)}'`, `one of ${words.join(', ')}`);
};

const readWeight = (weight: number | string): string => {
  if (typeof weight === 'number') return integer(weight, 'weight', 0, 256);
  if (/^\d{1,3}%$/.test(weight)) return weight;
  throw refused('a weight of another form', "0 to 256, or a percentage such as '50%'");
};

const refused = (found: string, wanted: string) =>
  new HaproxyError('invalid-options', { doing: 'writing a command for HAProxy', found, wanted });
