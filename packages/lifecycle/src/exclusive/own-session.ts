import { bounded, type Clock, messageOf, redactUrls, TimeoutError } from '@cutover/internal';
import { LifecycleError } from '../errors.ts';
import type { PgClient, PgSessions } from './postgres-session.ts';
import { untilOpen } from './until-open.ts';

/** Milliseconds for the whole test of a session. */
const PROOF_TIMEOUT = 5_000;
/** How often two connections are compared: a busy pooler may give them different sessions by chance. */
const COMPARISONS = 3;

export interface ProofOptions {
  readonly doing: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** The server process of the session in which a statement runs. */
export async function sessionOf(client: PgClient): Promise<number> {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  return Number(rows[0]?.pid);
}

/**
 * Resolves once it is certain that a session stays with its connection between transactions. PostgreSQL's greeting has
 * the id of its own process; a pooler's greeting has another. Then only a notification is proof: it reaches an idle
 * connection only if the session is its own. Otherwise a lock would be shared with the session.
 * @throws {LifecycleError} `lock-unsafe`
 */
export async function proveOwnSession(
  client: PgClient,
  sessions: PgSessions,
  { doing, signal, clock }: ProofOptions,
): Promise<void> {
  if (client.processID === (await sessionOf(client))) return;
  try {
    await bounded({ timeout: PROOF_TIMEOUT, signal, clock }, async (limited) => {
      const other = await sessions.openAnother(limited);
      await untilOpen(
        limited,
        () => compare(client, other, limited),
        () => other.release(true),
      );
      other.release(true);
    });
  } catch (cause) {
    signal.throwIfAborted();
    throw unsafe(doing, cause);
  }
}

async function compare(client: PgClient, other: PgClient, signal: AbortSignal): Promise<void> {
  const own = await sessionOf(client);
  for (let round = 0; round < COMPARISONS; round++) {
    if ((await sessionOf(other)) === own) throw new Error('another connection was given the same session');
    if ((await sessionOf(client)) !== own) throw new Error('two statements ran in two sessions');
  }
  await hears(client, other, signal);
}

/** Rejects when another connection gets the notification, or with the signal. */
async function hears(client: PgClient, other: PgClient, signal: AbortSignal): Promise<void> {
  const channel = `cutover_${crypto.randomUUID().replaceAll('-', '')}`;
  const isOurs = (news: unknown) => (Object(news) as { channel?: unknown }).channel === channel;
  let stop = () => {};
  const heard = new Promise<void>((resolve, reject) => {
    const onNews = (news: unknown) => isOurs(news) && resolve();
    const onAstray = (news: unknown) =>
      isOurs(news) && reject(new Error('what one connection listens for, another was sent'));
    const onAbort = () => reject(signal.reason);
    client.on('notification', onNews);
    other.on('notification', onAstray);
    signal.addEventListener('abort', onAbort, { once: true });
    stop = () => {
      client.off('notification', onNews);
      other.off('notification', onAstray);
      signal.removeEventListener('abort', onAbort);
    };
  });
  heard.catch(() => {});
  try {
    await client.query(`LISTEN ${channel}`);
    await other.query(`NOTIFY ${channel}`);
    await heard;
  } finally {
    stop();
    // Through a pooler another client may now have the session that listens.
    await Promise.allSettled([client, other].map((each) => each.query(`UNLISTEN ${channel}`)));
  }
}

function unsafe(doing: string, cause: unknown): LifecycleError {
  const why =
    cause instanceof TimeoutError
      ? `no notification, or no second connection to send one, came through within ${cause.timeout} ms`
      : redactUrls(messageOf(cause));
  return new LifecycleError(
    'lock-unsafe',
    {
      doing,
      found: `there is a pooler before PostgreSQL, and it does not appear to keep a session for one connection: ${why}`,
      wanted: 'a dedicated session, since the lock lives as long as its session',
      fix: 'give the URL of PostgreSQL itself for the lock, as Prisma has in directUrl, or a pooler in session mode (pool_mode = session)',
    },
    { cause },
  );
}
