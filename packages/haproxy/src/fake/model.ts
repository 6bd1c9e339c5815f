/** One server of a fake: set its fields to say what its app and its clients do. */
export interface FakeServer {
  readonly backend: string;
  readonly name: string;
  address: string;
  port: number;
  weight: number;
  /** Bits as in `show servers state`: 1 is maintenance, 8 is drain. */
  admin: number;
  /** What the next health check finds. */
  app: 'ok' | 'refused' | 'failing';
  /** Requests under way there. */
  sessions: number;
  queued: number;
  /** From 0 to rise + fall - 1. */
  health: number;
  rise: number;
  fall: number;
  /** False: HAProxy does not check it. */
  checked: boolean;
  /** Of the last check that ended. */
  lastCheck: string;
}

export interface FakeMap {
  entries: [key: string, value: string][];
  readonly prepared: Map<number, [string, string][]>;
  version: number;
}

/** The state behind the fake's socket. */
export interface FakeModel {
  readonly version: string;
  level: 'user' | 'operator' | 'admin';
  pid: number;
  /** Set together with a new `pid` by a reload; connections of before keep seeing it. */
  readonly servers: FakeServer[];
  /** Names of frontends; a backend may have the same. */
  readonly frontends: readonly string[];
  readonly maps: Map<string, FakeMap>;
  /** Connections that listen to events. */
  readonly listeners: Set<(event: string) => void>;
}

export const newServer = (backend: string, name: string, given: Partial<FakeServer> = {}): FakeServer => ({
  backend,
  name,
  address: '127.0.0.1',
  port: 8080,
  weight: 100,
  admin: 0,
  app: 'ok',
  sessions: 0,
  queued: 0,
  health: 3,
  rise: 2,
  fall: 2,
  checked: true,
  lastCheck: 'L7OK',
  ...given,
});

/** In maintenance because its name does not resolve. */
const UNRESOLVED = 32;
const MAINT = 1 | UNRESOLVED;

/** Sets the administrative state as `set server … state` does; leaving maintenance forgets most of the health. */
export function setState(server: FakeServer, state: string): boolean {
  const mask = { ready: 0, maint: 1, drain: 8 }[state];
  if (mask === undefined) return false;
  // HAProxy counts a server that leaves maintenance as up at once, one failed check from down.
  if (server.admin & 1 && mask !== 1) server.health = server.checked ? server.rise : 0;
  // No command changes that its name does not resolve.
  server.admin = mask | (server.admin & UNRESOLVED);
  return true;
}

/** One health check, as HAProxy counts them; in maintenance there is none. */
export function runCheck(server: FakeServer): void {
  if (!server.checked || server.admin & MAINT) return;
  const top = server.rise + server.fall - 1;
  server.lastCheck = { ok: 'L7OK', refused: 'L4CON', failing: 'L7STS' }[server.app];
  if (server.app === 'ok') {
    server.health = server.health + 1 >= server.rise ? Math.max(server.health + 1, top) : server.health + 1;
    server.health = Math.min(server.health, top);
  } else {
    server.health = server.health > server.rise ? server.health - 1 : 0;
  }
}

/** The column `status`. */
export function statusOf({ admin, checked, health, rise, fall }: FakeServer): string {
  if (admin & UNRESOLVED) return 'MAINT (resolution)';
  if (admin & 1) return 'MAINT';
  const good = admin & 8 ? 'DRAIN' : 'UP';
  if (!checked) return admin & 8 ? 'DRAIN' : 'no check';
  if (health < rise) return health > 0 ? `DOWN ${health}/${rise}` : 'DOWN';
  return health < rise + fall - 1 ? `${good} ${health - rise + 1}/${fall}` : good;
}

/** A frontend or a backend, with HAProxy's number for it. */
export interface FakeProxy {
  readonly id: number;
  readonly name: string;
  readonly kind: 'frontend' | 'backend';
}

/** In the order of the configuration: frontends first. HAProxy's own statistics are proxy 1. */
export const proxiesOf = (model: FakeModel): FakeProxy[] =>
  [
    ...model.frontends.map((name) => ({ name, kind: 'frontend' as const })),
    ...backendsOf(model).map((name) => ({ name, kind: 'backend' as const })),
  ].map((proxy, at) => ({ ...proxy, id: at + 2 }));

export const backendsOf = ({ servers }: FakeModel): string[] => [
  ...new Set(servers.map(({ backend }) => backend)),
];

export const idOf = (model: FakeModel, kind: FakeProxy['kind'], name: string): number | undefined =>
  proxiesOf(model).find((proxy) => proxy.kind === kind && proxy.name === name)?.id;
