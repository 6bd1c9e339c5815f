import type { RuntimeClient } from '@cutover/haproxy';
import { messageOf } from '@cutover/internal';
import type { RouterSlot } from '../core/model.ts';
import { DeployError } from '../errors.ts';

/** HAProxy answers, lets us steer, and has these backends, each with one checked server. */
export async function assertSteerable(client: RuntimeClient, backends: readonly string[]): Promise<void> {
  const level = await reaching('connecting to HAProxy', () => client.cliLevel());
  if (level !== 'admin') {
    throw new DeployError('router-unreachable', {
      doing: 'checking the level of the HAProxy socket',
      found: level,
      wanted: 'admin',
      fix: 'configure it as `stats socket … level admin`',
    });
  }
  for (const backend of backends)
    await reaching(`looking for the backend ${backend}`, () => backendView(client, backend));
}

/** A backend with its one server, as a slot. */
export async function backendView(client: RuntimeClient, backend: string): Promise<RouterSlot> {
  const [rows, [state]] = await Promise.all([
    client.showStat({ proxy: backend, type: 'all' }),
    client.showServersState(backend),
  ]);
  const total = rows.find(({ type }) => type === 'backend');
  const servers = rows.filter(({ type }) => type === 'server');
  if (!total || servers.length !== 1) {
    throw new DeployError('router-unfit', {
      doing: `looking at the HAProxy backend ${backend}`,
      found: total ? `${servers.length} servers` : 'no such backend',
      wanted: 'a backend of that name with the one server of its slot',
      fix: 'add it to haproxy.cfg, or correct the name in the options',
    });
  }
  if (servers.some(({ status }) => status.state === 'no-check')) {
    throw new DeployError('router-unfit', {
      doing: `looking at the HAProxy backend ${backend}`,
      found: 'its server is not checked',
      wanted: '`check` on its server line, so that HAProxy can say when the slot is up',
    });
  }
  return {
    up: servers.every(({ status }) => status.state === 'up'),
    sessions: (total.sessions ?? 0) + (total.queued ?? 0),
    address: state?.address,
  };
}

/** Runs `work`; what the client throws becomes an error of ours that says what HAProxy has to do with it. */
export async function reaching<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DeployError) throw error;
    throw new DeployError(
      'router-unreachable',
      {
        doing,
        found: messageOf(error),
        wanted: 'a runtime socket of HAProxy that answers at level admin',
        fix: 'see that HAProxy runs, that its socket is where the client looks, and that this user may open it',
      },
      { cause: error },
    );
  }
}
