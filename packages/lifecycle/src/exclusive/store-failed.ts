import { messageOf, redactUrls, TimeoutError } from '@cutover/internal';
import { LifecycleError } from '../errors.ts';

/** Errors of a store that answers but cannot hold a lock. */
const FIXES: readonly (readonly [RegExp, string])[] = [
  [
    /unknown command/i,
    'where it is a Redis Sentinel, which holds no keys, pass a client: new Redis({ sentinels, name }) of ioredis, or createSentinel of node-redis',
  ],
  [
    /^(MOVED|ASK|CROSSSLOT)\b/,
    'it is a cluster: pass a client, new Cluster(nodes) of ioredis or createCluster of node-redis',
  ],
  [/READONLY|read-only transaction|during recovery/, 'give the primary: this is a replica'],
  [
    /certificate|self.signed/i,
    'trust its certificate authority with NODE_EXTRA_CA_CERTS, or pass a client that does',
  ],
];

/** The error for a store that refuses or cannot be reached. */
export function storeFailed(doing: string, store: unknown, cause: unknown): LifecycleError {
  const message = redactUrls(messageOf(cause));
  const full = cause instanceof TimeoutError && fullPool(store);
  const fix = FIXES.find(([pattern]) => pattern.test(message))?.[1];
  return new LifecycleError(
    'store-failed',
    full
      ? {
          doing,
          found: `${message}: ${full}`,
          fix: 'raise its max, since a held lock keeps one connection',
        }
      : { doing, found: message, fix: fix ?? 'check that the store of the lock can be reached' },
    { cause },
  );
}

/** The reason if a full pool is the problem. */
function fullPool(store: unknown): string | undefined {
  const { totalCount, idleCount, waitingCount } = Object(store) as Record<string, unknown>;
  const full = Number(waitingCount) > 0 && idleCount === 0;
  return full ? `all ${totalCount} connections of the pool are in use` : undefined;
}
