import { showServersState } from '../commands/servers-state.ts';
import type { StatRow } from '../commands/stat.ts';
import { HaproxyError } from '../errors.ts';
import type { AdminState } from '../grammar/admin-state.ts';
import type { CheckStatus, Status } from '../grammar/status.ts';
import type { ServerName } from '../grammar/words.ts';
import { readProxyRows } from './proxy-rows.ts';
import type { Haproxy } from './verb.ts';

/** One server as HAProxy sees it now. */
export interface ServerView extends ServerName {
  readonly status: Status;
  readonly admin: AdminState;
  readonly address: string | undefined;
  readonly port: number;
  readonly weight: number;
  /** Requests, streams and WebSockets under way. */
  readonly sessions: number;
  readonly queued: number;
  /** HAProxy checks it, or would outside maintenance. */
  readonly checked: boolean;
  /** Undefined in maintenance, and when it is not checked. `at` counts up to `of` with good checks, and is fully healthy there. */
  readonly health:
    | { readonly at: number; readonly of: number; readonly rise: number; readonly fall: number }
    | undefined;
  readonly check: CheckStatus | undefined;
  /** HAProxy's words about the last check: "Connection refused", "Service Unavailable", … */
  readonly lastCheck: string;
}

/** Reads one server, or throws `not-found`. */
export async function viewServer(
  haproxy: Haproxy,
  target: ServerName,
  signal: AbortSignal,
): Promise<ServerView> {
  const views = await viewBackend(haproxy, target.backend, signal);
  const found = views.find(({ server }) => server === target.server);
  if (found) return found;
  throw new HaproxyError('not-found', {
    doing: `reading ${target.backend}/${target.server} at ${haproxy.label}`,
    found: `the servers ${views.map(({ server }) => server).join(', ') || '(none)'}`,
    wanted: `one named ${target.server}`,
  });
}

/** Every server of a backend: its `show stat` rows beside its `show servers state` rows. */
export async function viewBackend(
  haproxy: Haproxy,
  backend: string,
  signal: AbortSignal,
): Promise<ServerView[]> {
  const [rows, states] = await Promise.all([
    readProxyRows(haproxy, { proxy: backend, type: 'server' }, signal),
    haproxy.run(showServersState(backend), signal),
  ]);
  return states.flatMap((state) => {
    const row = rows.find(({ name }) => name === state.server);
    if (!row) return [];
    const { server, admin, address, port, weight, checked } = state;
    return [{ backend, server, admin, address, port, weight, checked, ...readHealth(row) }];
  });
}

function readHealth(row: StatRow) {
  const [rise, fall, at] = [row.number('check_rise'), row.number('check_fall'), row.number('check_health')];
  const known =
    rise !== undefined && fall !== undefined && at !== undefined && row.text('check_status') !== '';
  return {
    status: row.status,
    sessions: row.sessions,
    queued: row.queued,
    health: known ? { at, of: rise + fall - 1, rise, fall } : undefined,
    check: row.check,
    lastCheck: row.text('last_chk') || row.text('check_desc'),
  };
}

/** "app/green is DOWN 1/2, last check L4CON (Connection refused)" */
export const describeServer = ({ backend, server, status, check, lastCheck }: ServerView): string => {
  const why = lastCheck ? ` (${lastCheck})` : '';
  return `${backend}/${server} is ${status.text}${check ? `, last check ${check.code}${why}` : ''}`;
};

/** In rotation: new requests may reach it. */
export const takesTraffic = ({ status }: ServerView): boolean =>
  status.state === 'up' || status.state === 'no-check';

/** Checked, and as healthy as HAProxy can find it: a server that has not been checked yet is not. */
export const isFit = ({ health, check }: ServerView): boolean =>
  health !== undefined && health.at === health.of && check?.ok === true;

/** Drained and fit: it may be opened without one request reaching an app that is not there. */
export const isWarm = (view: ServerView): boolean =>
  view.status.state === 'drain' && view.status.progress === undefined && isFit(view);
