import type { Handler } from './handler.ts';
import { type FakeModel, type FakeProxy, type FakeServer, proxiesOf, runCheck, statusOf } from './model.ts';

const COLUMNS = [
  'pxname',
  'svname',
  'qcur',
  'scur',
  'status',
  'weight',
  'act',
  'bck',
  'iid',
  'type',
  'check_status',
  'check_rise',
  'check_fall',
  'check_health',
  'last_chk',
] as const;

type Row = Partial<Record<(typeof COLUMNS)[number], string | number>>;

/** `show stat <proxy> <types> <server>`. */
export const showStat: Handler = (model, [proxy = '-1', mask = '-1']) => {
  const wanted = chosen(model, proxy);
  if (wanted.length === 0 && !Number.parseInt(proxy, 10)) return 'No such proxy.';
  const rows = wanted.flatMap((each) => rowsOf(model, each, Number(mask)));
  const lines = rows.map((row) => COLUMNS.map((column) => row[column] ?? '').join(','));
  return [`# ${COLUMNS.join(',')},`, ...lines].join('\n');
};

/** The first proxy of that name; where there is none, the digits that the word begins with are a proxy's number. */
function chosen(model: FakeModel, proxy: string): FakeProxy[] {
  const all = proxiesOf(model);
  if (proxy === '-1') return all;
  const id = Number.parseInt(proxy, 10);
  const found = all.find(({ name }) => name === proxy) ?? all.find((each) => each.id === id);
  return found ? [found] : [];
}

function rowsOf(model: FakeModel, { id, name, kind }: FakeProxy, mask: number): Row[] {
  if (kind === 'frontend')
    return mask & 1 ? [{ pxname: name, svname: 'FRONTEND', scur: 0, status: 'OPEN', iid: id, type: 0 }] : [];
  const servers = model.servers.filter(({ backend }) => backend === name);
  for (const server of servers) runCheck(server);
  return [
    ...(mask & 4 ? servers.map((server) => ({ ...serverRow(server), iid: id })) : []),
    ...(mask & 2 ? [{ ...backendRow(name, servers), iid: id }] : []),
  ];
}

function serverRow(server: FakeServer): Row {
  const { backend, name, queued, sessions, weight, rise, fall, health, checked, admin, lastCheck } = server;
  const checks = { check_status: lastCheck, check_rise: rise, check_fall: fall, check_health: health };
  return {
    pxname: backend,
    svname: name,
    qcur: queued,
    scur: sessions,
    status: statusOf(server),
    weight,
    act: 1,
    bck: 0,
    type: 2,
    ...(checked && !(admin & 1) ? checks : {}),
  };
}

function backendRow(backend: string, servers: readonly FakeServer[]): Row {
  const up = servers.filter((server) => /^(UP|no check)/.test(statusOf(server)));
  const sum = (pick: (server: FakeServer) => number) =>
    servers.reduce((total, server) => total + pick(server), 0);
  return {
    pxname: backend,
    svname: 'BACKEND',
    qcur: sum(({ queued }) => queued),
    scur: sum(({ sessions }) => sessions),
    status: up.length > 0 ? 'UP' : 'DOWN',
    weight: sum(({ weight }) => weight),
    act: up.length,
    bck: 0,
    type: 1,
  };
}
