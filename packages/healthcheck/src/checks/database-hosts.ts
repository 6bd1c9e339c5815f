import { isIPv6 } from 'node:net';
import { resolve } from 'node:path';

/** Where a server listens: a name or an address and its port, or the path of a Unix socket or of its folder. */
export interface Host {
  readonly host: string;
  readonly port: number | undefined;
}

export type Hosts = readonly [Host, ...Host[]];

/** Decodes as drivers do: a `%` that begins no escape stays a `%`. Undefined when the bytes are not UTF-8. */
export function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch {
    return undefined;
  }
}

/** The hosts of a URL's parameters, else of its authority; undefined when they are invalid. */
export function readHosts(
  authority: string,
  params: URLSearchParams,
  socket: 'host' | 'socket' | undefined,
): Hosts | undefined {
  const named = socket && params.get(socket);
  const place = socket === 'socket' ? resolve : (host: string) => host;
  const hosts = named
    ? named.split(',').map((host) => ({ host: place(host), port: undefined }))
    : authority.split(',').map(readHost);
  const ports = socket === 'host' ? (params.get('port')?.split(',').map(Number) ?? []) : [];
  // A single port applies to all hosts.
  const whole = hosts.map((host, index) => host && { ...host, port: ports[index] ?? ports[0] ?? host.port });
  return whole.every((host) => host && !Number.isNaN(host.port)) ? (whole as [Host, ...Host[]]) : undefined;
}

/** `db:5432`, `[::1]:5432`, `%2Frun%2Fpostgresql`. */
function readHost(text: string): Host | undefined {
  const [isRead, address, name = '', port] = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::(\d*))?$/.exec(text) ?? [];
  const host = isRead === undefined ? undefined : decode(address ?? name);
  return host === undefined ? undefined : { host, port: port ? Number(port) : undefined };
}

export const isSocket = ({ host }: Host): boolean => host.startsWith('/');

/** Hosts and database as a URL has them. */
export function showHosts(hosts: Hosts, database: string, socket: string | undefined): string {
  const places = hosts
    .map(({ host, port }) => `${isIPv6(host) ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`)
    .join();
  return hosts.some(isSocket)
    ? `/${database}?${socket ?? 'host'}=${places}`
    : `${places}${database && `/${database}`}`;
}
