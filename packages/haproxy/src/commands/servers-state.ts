import { type AdminState, readAdminState } from '../grammar/admin-state.ts';
import { readTable } from '../grammar/table.ts';
import { line, name } from '../grammar/words.ts';
import { type Command, query } from './command.ts';

const OPERATIONAL = ['stopped', 'starting', 'running', 'stopping'] as const;

/** Bit of `srv_check_state` and `srv_agent_state`; 1 is in progress, 2 configured, 8 paused. */
const CHECK_ENABLED = 4;

/** One server of `show servers state`: what a state file would restore. */
export interface ServerState {
  readonly backend: string;
  readonly server: string;
  /** Undefined while its name does not resolve. */
  readonly address: string | undefined;
  readonly port: number;
  readonly fqdn: string | undefined;
  /** Health as the checks see it. */
  readonly operational: (typeof OPERATIONAL)[number];
  readonly admin: AdminState;
  /** As it is now, 0 to 256. */
  readonly weight: number;
  /** As configured. */
  readonly initialWeight: number;
  readonly checkHealth: number;
  /** HAProxy runs health checks on it, or would outside maintenance. */
  readonly checked: boolean;
  /** An agent check is on: an agent that reports `ready`, `drain` or `maint` undoes a state that is set here. */
  readonly agent: boolean;
  /** Where health checks and the agent check go when that is not the server itself; port 0: its own. */
  readonly checkAddress: string | undefined;
  readonly checkPort: number;
  readonly agentAddress: string | undefined;
  readonly agentPort: number;
  /** Traffic to it is encrypted. */
  readonly ssl: boolean;
  /** Seconds since it changed its operational state. */
  readonly lastChange: number;
}

/** `show servers state`, of one backend or of all. */
export const showServersState = (backend?: string): Command<ServerState[]> =>
  query(line('show servers state', backend === undefined ? '' : name(backend, 'backend')), readServersState, {
    alone: backend === undefined,
  });

/** The same as HAProxy wrote it: the content of a state file. */
export const dumpServersState = (): Command<string> =>
  query('show servers state', (answer) => (readServersState(answer) ? `${answer}\n` : undefined), {
    alone: true,
  });

/** Reads the text of `show servers state`, or of a state file; undefined when it is of another format. */
export function readServersState(answer: string): ServerState[] | undefined {
  const [format, ...rest] = answer.split('\n');
  if (format !== '1') return undefined;
  return readTable(rest.join('\n'))?.map((row) => ({
    backend: row('be_name'),
    server: row('srv_name'),
    address: given(row('srv_addr')),
    port: Number(row('srv_port')),
    ssl: row('srv_use_ssl') === '1',
    fqdn: given(row('srv_fqdn')),
    operational: OPERATIONAL[Number(row('srv_op_state'))] ?? 'stopped',
    admin: readAdminState(Number(row('srv_admin_state'))),
    weight: Number(row('srv_uweight')),
    initialWeight: Number(row('srv_iweight')),
    checkHealth: Number(row('srv_check_health')),
    checked: (Number(row('srv_check_state')) & CHECK_ENABLED) !== 0,
    agent: (Number(row('srv_agent_state')) & CHECK_ENABLED) !== 0,
    checkAddress: given(row('srv_check_addr')),
    checkPort: Number(row('srv_check_port')),
    agentAddress: given(row('srv_agent_addr')),
    agentPort: Number(row('srv_agent_port')),
    lastChange: Number(row('srv_time_since_last_change')),
  }));
}

const given = (text: string): string | undefined => (text === '-' || text === '' ? undefined : text);
