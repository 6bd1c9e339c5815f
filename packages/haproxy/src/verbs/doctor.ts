import { option } from '@cutover/internal';
import { cliLevel, isAtLeast, showVersion } from '../commands/info.ts';
import { showMaps } from '../commands/map.ts';
import { showServersState } from '../commands/servers-state.ts';
import { showStat } from '../commands/stat.ts';
import { checkOptions } from '../errors.ts';
import { readCliSockets } from './cli-sockets.ts';
import type { Finding } from './finding.ts';
import { examine } from './findings.ts';
import type { Haproxy } from './verb.ts';

export interface DoctorOptions {
  /** Text of `haproxy.cfg`, for what a running HAProxy does not tell: credentials, `option redispatch`, holds. */
  config?: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Reads a running HAProxy, without changes, and reports settings that would lose requests in a switch or let others
 * in.
 */
export async function doctor(haproxy: Haproxy, options: DoctorOptions = {}): Promise<Finding[]> {
  const { config, signal } = checkOptions('examining HAProxy', options, RULES, {});
  const [version, level, rows, servers, maps, sockets] = await Promise.all([
    haproxy.run(showVersion(), signal),
    haproxy.run(cliLevel(), signal),
    haproxy.run(showStat(), signal),
    haproxy.run(showServersState(), signal),
    haproxy.run(showMaps(), signal),
    haproxy.run(readCliSockets(), signal),
  ]);
  const mapsNeedAdmin = isAtLeast(version, '3.3');
  return examine({ level, rows, servers, maps, sockets, mapsNeedAdmin, config });
}

const RULES = {
  config: { expected: 'a text', accepts: (v: unknown) => typeof v === 'string' },
  signal: option.signal,
};
