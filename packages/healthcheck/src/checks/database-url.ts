import { HealthcheckError } from '../errors.ts';
import { decode, type Hosts, readHosts, showHosts } from './database-hosts.ts';

/**
 * A database URL, read as the database's tools read it; `new URL` accepts less. Texts are decoded; empty when
 * absent.
 */
export interface DatabaseUrl {
  readonly protocol: string;
  readonly user: string;
  readonly password: string;
  readonly hosts: Hosts;
  readonly database: string;
  readonly params: URLSearchParams;
  /** As an error may show it: without login and parameters. */
  readonly shown: string;
  /** Values that no error may show. */
  readonly secrets: readonly string[];
}

/** What URLs of one kind of database may contain. */
export interface UrlRules {
  readonly schemes: readonly string[];
  /** The parameter that names a Unix socket; PostgreSQL's `host` may name several, and hosts. */
  readonly socket?: 'host' | 'socket';
}

const SCHEME = /^([a-z][a-z0-9+.-]*:)\/\/(.*)$/is;
// After the login an @ occurs only in a parameter's value; elsewhere it ends a password that has a / ? or #.
const REST = /^(?:([^/?#]*)@)?([^/?#]*)(?:\/([^?#@]*))?(?:\?((?![^=]*@)[^#]*))?(?:#[^@]*)?$/s;

/** Reads the URL given to `check`, or refuses it at the call without showing any of it. */
export function readDatabaseUrl(check: string, text: string, rules: UrlRules): DatabaseUrl {
  const refuse = refusalOf(check);
  const [, scheme, rest = ''] = SCHEME.exec(text.trim()) ?? [];
  const protocol = scheme?.toLowerCase();
  if (!protocol || !rules.schemes.includes(protocol)) {
    const wanted = `one that begins with ${rules.schemes.map((known) => `${known}//`).join(' or ')}`;
    throw refuse(protocol ? `${protocol}//` : 'a text that is no URL', wanted);
  }
  const [isRead, login = '', authority = '', path = '', query = ''] = REST.exec(rest) ?? [];
  const params = new URLSearchParams(query);
  const hosts = readHosts(authority, params, rules.socket);
  if (isRead === undefined || !hosts) throw refuse(...MALFORMED);
  if (hosts.length > 1 && rules.socket !== 'host') throw refuse(`${hosts.length} hosts`, 'one');
  const account = readAccount(login, params);
  const written = decode(path);
  if (!account || written === undefined) throw refuse(...NOT_UTF8);
  const database = written || params.get('dbname') || '';
  const isEmpty = !account.user && !database && hosts.every(({ host }) => !host);
  if (rules.socket === 'host' && (isEmpty || params.has('service'))) throw refuse(...VARIABLES);
  const shown = `${protocol}//${showHosts(hosts, database, rules.socket)}`;
  const open = [protocol.slice(0, -1), database, ...hosts.map(({ host }) => host)];
  return { protocol, ...account, hosts, database, params, shown, secrets: secretsOf(account, login, open) };
}

type Account = Pick<DatabaseUrl, 'user' | 'password'>;

function readAccount(login: string, params: URLSearchParams): Account | undefined {
  const [name = '', ...words] = login.split(':');
  const user = params.get('user') ?? decode(name);
  const password = params.get('password') ?? decode(words.join(':'));
  return user === undefined || password === undefined ? undefined : { user, password };
}

/** Decoded and as written; without a user name that equals a part that is shown. */
function secretsOf({ user, password }: Account, login: string, shown: readonly string[]): string[] {
  const [name = '', ...words] = login.split(':');
  const secrets = [password, words.join(':'), ...(shown.includes(user) ? [] : [user, name])];
  // One or two characters would hide half of any message.
  return secrets.filter((text) => text.length > 2);
}

const refusalOf = (check: string) => (found: string, wanted: string, fix?: string) =>
  new HealthcheckError('invalid-options', { doing: `reading the URL of ${check}`, found, wanted, fix });

const MALFORMED = [
  'a host, port or path that is none',
  'scheme://user:password@host:port/database',
  'in a password write / as %2F, ? as %3F, # as %23 and @ as %40',
] as const;
const NOT_UTF8 = ['a name or password of no UTF-8', 'percent-encoded UTF-8', 'write % as %25'] as const;
/** A URL for which libpq would read its variables and files. */
const VARIABLES = [
  'neither host nor database, or the name of a service',
  'both in the URL',
  'write the values of PGSERVICE and the PG* variables into it: they are not read',
] as const;
