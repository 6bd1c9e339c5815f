import { isLoopback } from '@cutover/internal';
import type { Level } from '../commands/command.ts';
import type { PatternFile } from '../commands/map.ts';
import type { ServerState } from '../commands/servers-state.ts';
import type { StatRow } from '../commands/stat.ts';
import type { CliSocket } from './cli-sockets.ts';
import { CONFIG_LOOKS } from './config-findings.ts';
import type { Finding, Look } from './finding.ts';

export interface Examined {
  readonly level: Level;
  readonly rows: readonly StatRow[];
  readonly servers: readonly ServerState[];
  readonly maps: readonly PatternFile[];
  readonly sockets: readonly CliSocket[];
  readonly mapsNeedAdmin: boolean;
  readonly config: string | undefined;
}

/** All findings, as pure functions of what was read. */
export function examine(seen: Examined): Finding[] {
  const config = seen.config?.replace(/#.*$/gm, '');
  return [
    ...LOOKS.flatMap((look) => findingsOf(look, seen)),
    ...(config === undefined ? [] : CONFIG_LOOKS.flatMap((look) => findingsOf(look, config))),
  ];
}

const findingsOf = <S>({ code, severity, fix, find }: Look<S>, seen: S): Finding[] =>
  find(seen).map(([subject, message]) => ({ code, severity, subject, message, fix }));

const nameOf = ({ backend, server }: ServerState): string => `${backend}/${server}`;

/** TCP that other machines can reach. */
const isRemote = (address: string): boolean => {
  const [, host] = /^(?:ipv[46]@)?([^@/]*):\d+$/.exec(address) ?? [];
  return host !== undefined && !isLoopback(host);
};

const LOOKS: readonly Look<Examined>[] = [
  {
    code: 'level',
    severity: 'error',
    fix: 'stats socket … level admin',
    find: ({ level }) =>
      level === 'admin' ? [] : [['this socket', `its level is ${level}: it cannot set servers`]],
  },
  {
    code: 'tcp-admin-socket',
    severity: 'error',
    fix: 'use a Unix socket with mode 600, or bind it to loopback',
    find: ({ sockets }) =>
      sockets
        .filter(({ address, level }) => level === 'admin' && isRemote(address))
        .map(({ address }) => [
          address,
          'an admin socket on TCP: any client that reaches it controls the proxy, without a password',
        ]),
  },
  {
    code: 'no-check',
    severity: 'error',
    fix: 'add "check inter 500ms rise 2 fall 2" to its line',
    find: ({ servers }) =>
      servers
        .filter(({ checked }) => !checked)
        .map((server) => [
          nameOf(server),
          'it is not checked: HAProxy sends traffic to it whether or not its app is there',
        ]),
  },
  {
    code: 'fall-1',
    severity: 'error',
    fix: 'fall 2',
    find: ({ rows }) =>
      rows
        .filter((row) => row.number('check_fall') === 1)
        .map((row) => [
          `${row.proxy}/${row.name}`,
          'fall 1: a server that was never checked looks fully healthy',
        ]),
  },
  {
    code: 'agent',
    severity: 'warning',
    fix: 'let the agent report only weights, or disable it while you switch',
    find: ({ servers }) =>
      servers
        .filter(({ agent }) => agent)
        .map((server) => [
          nameOf(server),
          'its agent check may report ready, drain or maint, and undo a switch',
        ]),
  },
  {
    code: 'static-algorithm',
    severity: 'warning',
    fix: 'balance roundrobin or leastconn, or hash-type consistent',
    find: ({ rows }) =>
      rows
        .filter(
          (row) =>
            row.type === 'backend' &&
            /^(static-rr|source|uri|url_param|hdr|rdp-cookie|hash)/.test(row.text('algo')),
        )
        .map((row) => [
          row.proxy,
          `balance ${row.text('algo')}: weights are 0 or 100 %, and servers cannot be added`,
        ]),
  },
  {
    code: 'map-writable',
    severity: 'error',
    fix: 'let no one else use that socket, or switch by server state',
    find: ({ maps, sockets, mapsNeedAdmin }) => {
      const lower = sockets.filter(({ level }) => level !== 'admin').map(({ address }) => address);
      if (mapsNeedAdmin || lower.length === 0) return [];
      const message = `before HAProxy 3.3 a socket of any level may change a map, so ${lower.join(', ')} may move traffic`;
      return maps.flatMap(({ file }) => (file ? [[file, message] as const] : []));
    },
  },
  {
    code: 'weight-1',
    severity: 'warning',
    fix: 'weight 100',
    find: ({ servers }) =>
      servers
        .filter(({ initialWeight }) => initialWeight === 1)
        .map((server) => [
          nameOf(server),
          'weight 1: half of it is 0, so it cannot take a share of the traffic',
        ]),
  },
];
