import { createRuntimeClient, type RuntimeClient } from '../client/client.ts';
import type { RuntimeClientOptions } from '../client/options.ts';
import { HaproxyError } from '../errors.ts';

/** The result of a call on one of several HAProxy instances. */
export type InstanceResult<T> =
  | { readonly label: string; readonly ok: true; readonly value: T }
  | { readonly label: string; readonly ok: false; readonly error: unknown };

/** Several HAProxy instances that serve the same traffic. */
export interface RuntimeGroup extends AsyncDisposable {
  readonly clients: readonly RuntimeClient[];
  /** Runs the same work on each in parallel; a failure does not stop the others, and each has its own result. */
  each<T>(work: (client: RuntimeClient) => Promise<T>): Promise<InstanceResult<T>[]>;
  close(): Promise<void>;
}

/**
 * One client for each HAProxy, by address or by options.
 * @throws {HaproxyError} `invalid-options`.
 */
export function createRuntimeGroup(instances: readonly (string | RuntimeClientOptions)[]): RuntimeGroup {
  if (!Array.isArray(instances) || instances.length === 0) {
    throw new HaproxyError('invalid-options', {
      doing: 'creating a group of HAProxy clients',
      found: 'no instance',
      wanted: 'one or more',
    });
  }
  const clients = instances.map((each) =>
    createRuntimeClient(typeof each === 'string' ? { address: each } : each),
  );
  const close = async () => {
    await Promise.all(clients.map((client) => client.close()));
  };
  return {
    clients,
    each: (work) =>
      Promise.all(
        clients.map(async (client) => {
          const { label } = client;
          try {
            return { label, ok: true as const, value: await work(client) };
          } catch (error) {
            return { label, ok: false as const, error };
          }
        }),
      ),
    close,
    [Symbol.asyncDispose]: close,
  };
}
