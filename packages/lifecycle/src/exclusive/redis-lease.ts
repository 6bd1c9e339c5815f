import { bounded } from '@cutover/internal';
import type { Contender, ContenderOptions } from './contender.ts';

/** Runs a script on the node that has its keys; `close` ends a connection opened here. */
export interface RedisScripts {
  run(script: string, keys: string[], args: string[]): Promise<unknown>;
  close?(): void;
}

// KEYS: lock, fence. Both carry the same hash tag, so that a cluster keeps them on one node.
const ACQUIRE = `if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return redis.call('INCR', KEYS[2]) end return false`;
const RENEW = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`;
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

/** Allowed clock drift between two machines, as a share of the lease. */
const DRIFT = 0.05;

/**
 * A key that expires unless it is renewed, three times within its life. The hold ends before the key can expire
 * on the server, so with a slow server the holder stops early instead of running at the same time as another one.
 */
export function redisLease(redis: RedisScripts, { name, lease, clock }: ContenderOptions): Contender {
  const holder = crypto.randomUUID();
  const keys = [`cutover:{${name}}:lock`, `cutover:{${name}}:fence`];
  const life = String(Math.ceil(lease));
  const run = (script: string) => redis.run(script, keys, [holder, life]);
  let validUntil = 0;
  const extend = async (script: string): Promise<unknown> => {
    const asked = clock.now();
    const answer = await run(script);
    if (answer) validUntil = asked + lease * (1 - DRIFT);
    return answer;
  };
  return {
    tryAcquire: async () => {
      const token = await extend(ACQUIRE);
      return token ? BigInt(String(token)) : undefined;
    },
    hold: async (signal) => {
      while (!signal.aborted) {
        await clock.sleep(lease / 3, signal).catch(() => {});
        if (signal.aborted) return;
        const left = validUntil - clock.now();
        if (left <= 0) throw new Error('the lease ran out before it could be renewed');
        const answer = await bounded({ timeout: left, signal, clock }, () => extend(RENEW));
        if (!answer) throw new Error('the lease has another holder, or none');
      }
    },
    leave: async () => {
      await bounded({ timeout: 1_000, clock }, () => run(RELEASE)).catch(() => {});
      redis.close?.();
    },
  };
}
