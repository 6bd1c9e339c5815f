import type { Level } from '../commands/command.ts';
import type { PatternFile } from '../commands/map.ts';
import type { ServerState } from '../commands/servers-state.ts';
import type { StatRow } from '../commands/stat.ts';
import type { CliSocket } from './cli-sockets.ts';

/** Something about a HAProxy that will hurt. */
export interface Finding {
  /** Stable, for programs. */
  readonly code:
    | 'level'
    | 'tcp-admin-socket'
    | 'no-check'
    | 'fall-1'
    | 'agent'
    | 'static-algorithm'
    | 'map-writable'
    | 'weight-1'
    | 'default-credentials'
    | 'stats-admin'
    | 'no-redispatch';
  /** `error`: a switch can lose requests, or a stranger can steer; `warning`: under some conditions. */
  readonly severity: 'error' | 'warning';
  /** What it is about: `app/green`, a socket, a map. */
  readonly subject: string;
  readonly message: string;
  readonly fix: string;
}

export interface Examined {
  readonly level: Level;
  readonly rows: readonly StatRow[];
  readonly servers: readonly ServerState[];
  readonly maps: readonly PatternFile[];
  readonly sockets: readonly CliSocket[];
  readonly mapsNeedAdmin: boolean;
  readonly config: string | undefined;
}

/** All findings, by pure looks at what was read. */
export const examine = (seen: Examined): Finding[] => LOOKS.flatMap((look) => look(seen));

type Look = (seen: Examined) => Finding[];

const lookAtLevel: Look = ({ level }) =>
  level === 'admin'
    ? []
    : [
        {
          code: 'level',
          severity: 'error',
          subject: 'this socket',
          message: `its level is ${level}: it cannot set servers`,
          fix: 'stats socket … level admin',
        },
      ];

const lookAtSockets: Look = ({ sockets }) =>
  sockets
    .filter(({ address, level }) => /^ipv[46]@|^\*|^\d/.test(address) && level === 'admin')
    .map(({ address }) => ({
      code: 'tcp-admin-socket',
      severity: 'error',
      subject: address,
      message: 'an admin socket on TCP: who reaches it owns the proxy, and no password is asked',
      fix: 'use a Unix socket with mode 600, or bind it to loopback',
    }));

const lookAtChecks: Look = ({ servers }) =>
  servers
    .filter(({ checked }) => !checked)
    .map(({ backend, server }) => ({
      code: 'no-check',
      severity: 'error',
      subject: `${backend}/${server}`,
      message: 'it is not checked: HAProxy sends traffic to it whether or not its app is there',
      fix: 'add "check inter 500ms rise 2 fall 2" to its line',
    }));

const lookAtFall: Look = ({ rows }) =>
  rows
    .filter((row) => row.number('check_fall') === 1)
    .map((row) => ({
      code: 'fall-1',
      severity: 'error',
      subject: `${row.proxy}/${row.name}`,
      message: 'fall 1: a server that was never checked looks fully healthy',
      fix: 'fall 2',
    }));

const lookAtAgents: Look = ({ servers }) =>
  servers
    .filter(({ agent }) => agent)
    .map(({ backend, server }) => ({
      code: 'agent',
      severity: 'warning',
      subject: `${backend}/${server}`,
      message: 'its agent check may say ready, drain or maint, and undo what is set here',
      fix: 'let the agent speak of weights only, or disable it while you switch',
    }));

const STATIC = /^(static-rr|source|uri|url_param|hdr|rdp-cookie|hash)/;

const lookAtAlgorithms: Look = ({ rows }) =>
  rows
    .filter((row) => row.type === 'backend' && STATIC.test(row.text('algo')))
    .map((row) => ({
      code: 'static-algorithm',
      severity: 'warning',
      subject: row.proxy,
      message: `balance ${row.text('algo')}: weights are 0 or 100 %, and servers cannot be added`,
      fix: 'balance roundrobin or leastconn, or hash-type consistent',
    }));

const lookAtMaps: Look = ({ maps, sockets, mapsNeedAdmin }) => {
  const lower = sockets.filter(({ level }) => level !== 'admin');
  if (mapsNeedAdmin || lower.length === 0) return [];
  return maps.flatMap(({ file }) =>
    file
      ? [
          {
            code: 'map-writable' as const,
            severity: 'error' as const,
            subject: file,
            message: `before HAProxy 3.3 a socket of any level may change a map, so ${lower.map(({ address }) => address).join(', ')} may move traffic`,
            fix: 'give that socket to nobody else, or switch by server state',
          },
        ]
      : [],
  );
};

const lookAtWeights: Look = ({ servers }) =>
  servers
    .filter(({ initialWeight }) => initialWeight === 1)
    .map(({ backend, server }) => ({
      code: 'weight-1',
      severity: 'warning',
      subject: `${backend}/${server}`,
      message: 'weight 1: a half of it is 0, so it cannot take a part of the traffic',
      fix: 'weight 100',
    }));

/** Of the manual, of images and of guides. */
const KNOWN =
  /^\s*stats\s+auth\s+(admin|root|haproxy|user|admin1):(admin|admin123|admin1|password|haproxy|root|secret|user|AdMiN123|changeme)\s*$/im;

const lookAtConfig: Look = ({ config }) => {
  if (config === undefined) return [];
  const text = config.replace(/#.*$/gm, '');
  const findings: Finding[] = [];
  if (KNOWN.test(text)) {
    findings.push({
      code: 'default-credentials',
      severity: 'error',
      subject: 'stats auth',
      message: 'a user and password that everybody knows',
      fix: 'generate a password, and bind the page to loopback',
    });
  }
  if (/^\s*stats\s+admin\b/m.test(text)) {
    findings.push({
      code: 'stats-admin',
      severity: 'error',
      subject: 'stats admin',
      message: 'the statistics page can change servers, over HTTP',
      fix: 'remove the line',
    });
  }
  if (!/^\s*option\s+redispatch\b/m.test(text)) {
    findings.push({
      code: 'no-redispatch',
      severity: 'warning',
      subject: 'defaults',
      message: 'a request whose server is gone is not sent to another one',
      fix: 'option redispatch',
    });
  }
  return findings;
};

const LOOKS: readonly Look[] = [
  lookAtLevel,
  lookAtSockets,
  lookAtChecks,
  lookAtFall,
  lookAtAgents,
  lookAtAlgorithms,
  lookAtMaps,
  lookAtWeights,
  lookAtConfig,
];
