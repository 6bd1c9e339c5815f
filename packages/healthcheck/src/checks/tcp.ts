import { connect, type NetConnectOpts } from 'node:net';
import { option, readOptions, Timer } from '@cutover/internal';
import type { Check } from '../check.ts';
import { HealthcheckError, refuseOption } from '../errors.ts';
import { defineCheck } from './define-check.ts';
import { withResource } from './with-resource.ts';

export interface TcpCheckOptions {
  /** Host name or address; default `127.0.0.1`. */
  host?: string;
  port?: number;
  /** A Unix socket in place of host and port. */
  path?: string;
  /** Default `tcp`. */
  name?: string;
  /** What the server must say first, within its first 4 KB; by default it may stay silent. */
  banner?: RegExp;
  /**
   * Milliseconds the connection must stay open: a proxy without a backend accepts and resets. Default
   * {@link TCP_HOLD}.
   */
  hold?: number;
}

export const TCP_HOLD = 20;

const BANNER_LIMIT = 4096;

/**
 * A connection is accepted and stays open. That proves a socket, not a service: prefer a check that sends a query.
 * @throws {HealthcheckError} `invalid-options` at the call; `run` rejects with `unreachable` or `bad-answer`.
 */
export function tcpCheck(options: TcpCheckOptions): Check {
  const { name, host, port, path, banner, hold } = readOptions(
    options,
    {
      host: option.text,
      port: option.port,
      path: option.text,
      name: option.text,
      banner: option.pattern,
      hold: option.duration,
    },
    { name: 'tcp', host: '127.0.0.1', hold: TCP_HOLD },
    refuseOption('tcpCheck'),
  );
  if ((port === undefined) === (path === undefined)) {
    throw new HealthcheckError('invalid-options', {
      doing: 'reading the options of tcpCheck',
      found: port === undefined ? 'neither port nor path' : 'both port and path',
      wanted: 'one of them',
    });
  }
  const where = path ?? `${host}:${port}`;
  const target = path === undefined ? { host, port } : { path };
  return defineCheck({
    name,
    doing: `connecting to ${where}`,
    run: (signal) => connection(target as NetConnectOpts, { where, banner, hold }, signal),
  });
}

function connection(
  target: NetConnectOpts,
  { where, banner, hold }: { where: string; banner: RegExp | undefined; hold: number },
  signal: AbortSignal,
): Promise<void> {
  return withResource(signal, ({ resolve, reject }) => {
    const socket = connect(target);
    const fail = (found: string) =>
      reject(new HealthcheckError('unreachable', { doing: `connecting to ${where}`, found }));
    let said = '';
    let timer: Timer | undefined;
    socket.on('connect', () => {
      if (!banner) timer = new Timer(hold, () => resolve());
    });
    socket.on('data', (data) => {
      said = (said + data.toString('latin1')).slice(0, BANNER_LIMIT);
      if (banner?.test(said)) resolve();
      else if (said.length === BANNER_LIMIT) fail('it sends something other than the banner');
    });
    socket.on('error', reject);
    socket.on('close', () =>
      fail(banner ? 'closed before the banner came' : 'accepted, then closed at once'),
    );
    return () => {
      timer?.stop();
      socket.destroy();
    };
  });
}
