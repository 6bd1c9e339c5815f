import { HOST, SHARED } from './real-haproxy.ts';

/** Blue-green by server state and by map at once, for tests of either; `/health` is checked every 200 ms. */
export const configOf = (blue: number, green: number, { more = '', version = '3.0' } = {}): string => `
global
  stats socket ${SHARED}/admin.sock mode 666 level admin expose-fd listeners
  stats socket ${SHARED}/operator.sock mode 666 level operator
  stats timeout 60s
  server-state-file ${SHARED}/servers.state
${version === '2.6' ? '' : '  hard-stop-after 30s'}
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
frontend web
  bind :8080
  acl by_map path_beg /map
  use_backend %[str(live),map(${SHARED}/live.map,be_blue)] if by_map
  default_backend app
backend app
  cookie slot insert indirect nocache
  server blue ${HOST}:${blue} cookie blue weight 100
  server green ${HOST}:${green} cookie green weight 100 disabled
backend be_blue
  server s1 ${HOST}:${blue}
backend be_green
  server s1 ${HOST}:${green}
${more}
`;
