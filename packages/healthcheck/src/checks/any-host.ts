import { isPermanent, linkSignals } from '@cutover/internal';
import { HealthcheckError } from '../errors.ts';
import { type Host, showHosts } from './database-hosts.ts';
import type { DatabaseUrl } from './database-url.ts';
import { failureOf } from './failure.ts';

/**
 * Asks all hosts at once until one has answered. If none does, the failure is permanent only if it is for each host.
 */
export async function anyHost(
  { hosts, secrets }: DatabaseUrl,
  signal: AbortSignal,
  ask: (host: Host, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const [only, ...others] = hosts;
  if (others.length === 0) return ask(only, signal);
  const linked = linkSignals(signal);
  try {
    await Promise.any(hosts.map((host) => ask(host, linked.signal)));
  } catch (error) {
    const { errors } = error as AggregateError;
    const failures = errors.map((thrown, index) =>
      failureOf(showHosts([hosts[index] ?? only], '', 'host'), thrown, secrets),
    );
    const { code } = failures.find((failure) => !isPermanent(failure)) ?? failures[0] ?? failureOf('', error);
    const found = failures.map(({ message }) => message).join(', ');
    throw new HealthcheckError(
      code,
      { doing: 'asking each host', found },
      { cause: new AggregateError(failures) },
    );
  } finally {
    linked.abort(new Error('another host has answered'));
    linked[Symbol.dispose]();
  }
}
