import { HOST, SHARED } from './real-haproxy.ts';

export interface ConfigOptions {
  /** Ports of the two apps. */
  readonly blue: number;
  readonly green: number;
  readonly version?: string;
  /** More sections. */
  readonly more?: string;
  /** More lines of the section `global`. */
  readonly global?: string;
  /** Binds this port of loopback and finds the apps there, for a HAProxy on the machine's own network. */
  readonly hostPort?: number | undefined;
}

/** Blue-green by server state and by map at once, for tests of either; `/health` is checked every 200 ms. */
export function configOf({
  blue,
  green,
  version = '3.0',
  more = '',
  global = '',
  hostPort,
}: ConfigOptions): string {
  const host = hostPort === undefined ? HOST : '127.0.0.1';
  return `
global
  stats socket ${SHARED}/admin.sock mode 666 level admin expose-fd listeners
  stats socket ${SHARED}/operator.sock mode 666 level operator
  stats timeout 60s
  server-state-file ${SHARED}/servers.state
${version === '2.6' ? '' : '  hard-stop-after 30s'}
${global}
defaults
  mode http
  timeout connect 1s
  # A busy machine answers late; checks that fail for that alone would prove nothing.
  timeout check 2s
  timeout client 30s
  timeout server 30s
  timeout tunnel 60s
  option redispatch
  option httpchk GET /health
  load-server-state-from-file global
  default-server check inter 200ms rise 2 fall 2 init-addr last,libc,none
frontend app
  # Named as the backend is, and its listener as a server there: legal and common.
  bind ${hostPort === undefined ? ':8080' : `127.0.0.1:${hostPort}`} name blue
  option socket-stats
  acl by_map path_beg /map
  use_backend %[str(live),map(${SHARED}/live.map,be_blue)] if by_map
  default_backend app
backend app
  cookie slot insert indirect nocache
  server blue ${host}:${blue} cookie blue weight 100
  server green ${host}:${green} cookie green weight 100 disabled
backend be_blue
  server s1 ${host}:${blue}
backend be_green
  server s1 ${host}:${green}
${more}
`;
}
