import { bounded, type Clock } from '@cutover/internal';
import { importDriver } from './driver.ts';
import { untilOpen } from './until-open.ts';

/** Milliseconds for PostgreSQL to end the session; then the socket is closed. */
const LEAVE_TIMEOUT = 1_000;

type Listener = (news?: unknown) => void;

/** The needed part of a connected pg client: one session, because a lock lives as long as its session. */
export interface PgClient {
  /** The process id in the greeting of the server or of a pooler. */
  readonly processID?: number | null;
  query(sql: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  on(event: 'error' | 'end' | 'notification', listener: Listener): unknown;
  off(event: 'error' | 'end' | 'notification', listener: Listener): unknown;
  release(destroy?: boolean): void;
}

interface BareClient extends Omit<PgClient, 'release'> {
  connect(): Promise<unknown>;
  end(): Promise<void>;
  readonly connection?: { readonly stream?: { destroy(): unknown } };
}

/** The needed part of a pg Pool; one of its clients is in use as long as the lock is wanted. */
export interface PgPool {
  query: unknown;
  connect(): Promise<PgClient>;
  /** The class of its clients and their options, for a connection outside the pool. */
  readonly Client?: new (
    options: object,
  ) => BareClient;
  readonly options?: object;
}

/** Opens sessions of one store; each is freed when `signal` aborts before it is open. */
export interface PgSessions {
  /** The session for the lock. */
  open(signal: AbortSignal): Promise<PgClient>;
  /** Another session, for a short time. */
  openAnother(signal: AbortSignal): Promise<PgClient>;
}

export function sessionsOfUrl(connectionString: string, clock: Clock): PgSessions {
  const open = async (signal: AbortSignal) => {
    const { default: pg } = await importDriver('pg', () => import('pg'));
    const client = new pg.Client({
      connectionString,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      application_name: 'cutover exclusive',
    });
    return connected(client as unknown as BareClient, signal, clock);
  };
  return { open, openAnother: open };
}

export function sessionsOfPool(pool: PgPool, clock: Clock): PgSessions {
  const open = (signal: AbortSignal) => {
    const lent = pool.connect();
    const giveBack = () => void lent.then((client) => client.release()).catch(() => {});
    return untilOpen(signal, () => lent, giveBack);
  };
  const openAnother = (signal: AbortSignal) =>
    pool.Client && pool.options ? connected(new pool.Client(pool.options), signal, clock) : open(signal);
  return { open, openAnother };
}

async function connected(client: BareClient, signal: AbortSignal, clock: Clock): Promise<PgClient> {
  // Added first: an error without a listener would end the process.
  client.on('error', () => {});
  // A server that does not answer does not end the session either.
  const cut = () => void client.connection?.stream?.destroy();
  await untilOpen(signal, () => client.connect(), cut);
  const release = () => void bounded({ timeout: LEAVE_TIMEOUT, clock }, () => client.end()).catch(cut);
  return Object.assign(client, { release });
}
