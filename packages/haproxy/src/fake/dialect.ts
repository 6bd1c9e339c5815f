import { isIP } from 'node:net';
import { normalAddress } from '@cutover/internal';
import { MAP_HANDLERS } from './dialect-maps.ts';
import { showStat } from './dialect-stat.ts';
import type { Asked, Handler, Reply } from './handler.ts';
import { backendsOf, type FakeModel, type FakeServer, idOf, setState } from './model.ts';

const isOld = ({ version }: FakeModel): boolean => version.startsWith('2.');

/** The fake's answer to one command, in HAProxy's own words. */
export function reply(model: FakeModel, asked: Asked): Reply {
  const { line } = asked;
  const words = split(line);
  const found = HANDLERS.find(([prefix]) => line === prefix || line.startsWith(`${prefix} `));
  if (!found) return unknown(model, line);
  const [prefix, handler, admin] = found;
  if (admin && model.level !== 'admin') return 'Permission denied';
  return handler(model, words.slice(prefix.split(' ').length), asked);
}

/** Words between spaces; a backslash keeps the next character as it is. */
function split(line: string): string[] {
  return [...line.matchAll(/(?:\\.|[^ \\])+/g)].map(([word]) => word.replace(/\\(.)/g, '$1'));
}

const unknown = (model: FakeModel, line: string): Reply =>
  `${isOld(model) ? 'Unknown command,' : `Unknown command: '${line.split(' ')[0]}',`} but maybe one of the following ones is a better match:\n  help`;

const withServer =
  (change: (server: FakeServer, words: readonly string[], model: FakeModel) => Reply): Handler =>
  (model, [target, ...words]) => {
    const [backend, name] = (target ?? '').split('/');
    const server = model.servers.find((each) => each.backend === backend && each.name === name);
    return server ? change(server, words, model) : 'No such server.';
  };

const setServer = withServer((server, [what, first = '', , port]) => {
  if (what === 'state') {
    return setState(server, first) ? '' : "'set server <srv> state' expects 'ready', 'drain' and 'maint'.";
  }
  if (what === 'weight') {
    server.weight = first.endsWith('%') ? Math.floor(Number.parseInt(first, 10)) : Number(first);
    return '';
  }
  if (what !== 'addr')
    return "'set server <srv>' only supports 'agent', 'health', 'state', 'weight', 'addr', 'fqdn' and 'check-port'.";
  const address = normalAddress(first);
  if (!isIP(address)) return `Invalid addr '${first}'`;
  server.address = address;
  if (port) server.port = Number(port);
  return `IP changed from 'x' to '${first}' by 'stats socket command'`;
});

const showInfo: Handler = ({ version, pid }) =>
  `Name: HAProxy\nVersion: ${version}\nPid: ${pid}\nUptime_sec: 1\nStopping: 0`;

const STATE_COLUMNS =
  'be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port';

const showServersState: Handler = (model, [backend]) => {
  if (backend !== undefined && !backendsOf(model).includes(backend)) return "Can't find backend.";
  const wanted = model.servers.filter((server) => backend === undefined || server.backend === backend);
  const rows = wanted.map((server, at) => {
    const up = server.health >= server.rise && !(server.admin & 1);
    const check = server.checked ? 6 : 0;
    return `${idOf(model, 'backend', server.backend)} ${server.backend} ${at + 1} ${server.name} ${server.address} ${up ? 2 : 0} ${server.admin} ${server.weight} ${server.weight} 1 6 3 ${server.health} ${check} 0 0 0 - ${server.port} - 0 0 - - 0`;
  });
  return ['1', `# ${STATE_COLUMNS}`, ...rows].join('\n');
};

const waitRemovable: Handler = (model, [, , target = ''], { line }) => {
  if (isOld(model)) return unknown(model, line);
  const [backend, name] = target.split('/');
  const server = model.servers.find((each) => each.backend === backend && each.name === name);
  return server && server.admin & 1 && server.sessions === 0 ? 'Done.' : 'Failed.';
};

const showEvents: Handler = (_, [sink]) =>
  sink === undefined
    ? 'Supported events sinks are listed below. Add -w(wait), -n(new). Any key to stop\n    buf0       : type=buffer, 0 dropped, in-memory\n    events     : type=buffer, 0 dropped, events'
    : 'No such event sink';

/** By prefix, the longer first; `true`: admin only. */
const HANDLERS: readonly (readonly [string, Handler, boolean?])[] = [
  ['show info', showInfo],
  ['show version', ({ version }) => version],
  ['show cli level', ({ level }) => level],
  ['show stat', showStat],
  ['show events', showEvents],
  ['show servers state', showServersState],
  ...MAP_HANDLERS,
  ['set timeout cli', () => ''],
  ['set server', setServer, true],
  [
    'shutdown sessions server',
    withServer((server) => {
      server.sessions = 0;
      return '';
    }),
    true,
  ],
  ['wait', waitRemovable, true],
];
