import { type Column, HaproxyError, type RuntimeClient, type StatRow } from '@cutover/haproxy';
import { httpCheck } from '@cutover/healthcheck';
import { type Explanation, messageOf } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import type { SlotName } from '../domain/layout.ts';
import type { RouterServer } from '../domain/router-state.ts';
import type { Traffic } from '../domain/traffic.ts';
import type { Router } from '../ports/index.ts';

/** HAProxy answers and lets us steer. */
export async function assertAdmin(client: RuntimeClient): Promise<void> {
  const level = await reaching('connecting to HAProxy', () => client.cliLevel());
  if (level === 'admin') return;
  throw new DeployError('router-unreachable', {
    doing: 'checking the level of the HAProxy socket',
    found: level,
    wanted: 'admin',
    fix: 'configure it as `stats socket … level admin`',
  });
}

/** Slots by HAProxy's names for them, and back. */
export function slotNames(names: Readonly<Record<SlotName, string>>, router: string) {
  const unknown = (what: string, found: string | undefined) =>
    new DeployError('unknown-slot', {
      doing: `reading the ${what}`,
      found: found ?? 'no such entry',
      wanted: `one of ${Object.values(names).join(', ')}`,
      fix: `correct haproxy.cfg, or the names in the options of ${router}`,
    });
  return {
    unknown,
    slotOf: (name: string): SlotName | undefined => Object.keys(names).find((slot) => names[slot] === name),
    nameOf: (slot: SlotName): string => {
      const name = names[slot];
      if (name === undefined) throw unknown(`name of slot ${slot}`, 'none');
      return name;
    },
  };
}

/** The optional request through the router. */
export const probing = (url: string | undefined): Pick<Router, 'probe'> =>
  url === undefined ? {} : { probe: async (signal) => void (await httpCheck(url).run({ signal })) };

/** For a file that HAProxy must find when it starts, and is not there or may not be read. */
export const unreadable = (what: string, file: string) => (error: unknown) => {
  throw new DeployError(
    'router-unfit',
    {
      doing: `reading the ${what} file ${file}`,
      found: messageOf(error),
      wanted: `the ${what} file that HAProxy loads when it starts`,
      fix: `mount its folder into HAProxy and name the file as it is seen from here`,
    },
    { cause: error },
  );
};

/** What HAProxy has of a backend: its servers, one for each container, and all that is under way there. */
export interface BackendView {
  readonly servers: readonly RouterServer[];
  readonly sessions: number;
}

export async function backendView(client: RuntimeClient, backend: string): Promise<BackendView> {
  const [rows, states] = await Promise.all([
    client.showStat({ proxy: backend, type: 'all' }),
    client.showServersState(backend),
  ]);
  const total = rows.find(({ type }) => type === 'backend');
  const servers = rows.filter(({ type }) => type === 'server');
  if (!total || servers.length === 0)
    throw unfit(backend, {
      found: total ? 'no server' : 'no such backend',
      wanted: 'a backend of that name with a server for each container of its slot',
      fix: 'add it to haproxy.cfg, or correct the name in the options',
    });
  if (servers.some(({ status }) => status.state === 'no-check'))
    throw unfit(backend, {
      found: 'a server that is not checked',
      wanted: '`check` on its server line, so that HAProxy can say when the slot is up',
    });
  // With fall 1 a server is at full health before any check.
  if (servers.some((row) => row.number('check_fall') === 1))
    throw unfit(backend, {
      found: 'fall 1 on its server',
      wanted: 'fall 2 or more, so that a server which no check has confirmed can be told from a good one',
    });
  return {
    servers: servers.map((row) => ({
      up: row.status.state === 'up',
      settled: isSettled(row),
      address: states.find(({ server }) => server === row.name)?.address,
    })),
    sessions: (total.sessions ?? 0) + (total.queued ?? 0),
  };
}

/**
 * What clients have met of a backend, or of one server. The row of a server knows no answer that HAProxy gave in its place:
 * those are its failed connections and answers, of which 3.0 counts some twice, and what has ended without an answer.
 * Measured on 2.6 and 3.0: an answer 500, none, one that was cut, none in time, a refused connection.
 */
export function trafficIn(row: StatRow): Traffic {
  const count = (column: Column) => row.number(column) ?? 0;
  const cut = count('srv_abrt');
  if (row.text('mode') !== 'http') return { requests: count('stot'), errors: count('econ') + cut };
  const answered = count('req_tot');
  const ended = count('stot') - count('wretr') - count('scur');
  const failed = count('eresp') - cut + count('econ');
  const unanswered = row.type === 'server' ? Math.max(0, Math.min(failed, ended - answered)) : 0;
  return {
    requests: answered + unanswered,
    errors: count('hrsp_5xx') + unanswered + cut,
    latency: row.number('rtime'),
  };
}

const unfit = (backend: string, explanation: Omit<Explanation, 'doing'>) =>
  new DeployError('router-unfit', { doing: `looking at the HAProxy backend ${backend}`, ...explanation });

/** Up or in DRAIN at full health: HAProxy shows progress (`UP 1/3`) for a server that no check has confirmed yet. */
export const isSettled = (row: StatRow): boolean => {
  const full = (row.number('check_rise') ?? 0) + (row.number('check_fall') ?? 0) - 1;
  const { state, progress } = row.status;
  return (
    progress === undefined && (state === 'up' || state === 'drain') && row.number('check_health') === full
  );
};

/**
 * Runs `work`; what the client throws becomes an error of ours that says what HAProxy has to do with it. One that lacks
 * what the options name has answered all the same.
 */
export async function reaching<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DeployError) throw error;
    if (error instanceof HaproxyError && error.code === 'not-found') throw lacking(doing, error);
    throw new DeployError(
      'router-unreachable',
      {
        doing,
        found: messageOf(error),
        wanted: 'a runtime socket of HAProxy that answers at level admin',
        fix: 'see that HAProxy runs, that its socket is where the client looks, and that this user may open it',
      },
      { cause: error },
    );
  }
}

const lacking = (doing: string, cause: HaproxyError) =>
  new DeployError(
    'router-unfit',
    {
      doing,
      found: cause.message,
      wanted: 'a HAProxy that has what the options name',
      fix: 'add it to haproxy.cfg, or correct the name in the options',
    },
    { cause },
  );
