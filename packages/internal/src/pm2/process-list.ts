/** PM2's own words for the state of a process. */
export type Pm2Status =
  | 'launching'
  | 'online'
  | 'stopping'
  | 'stopped'
  | 'errored'
  | 'waiting restart'
  | 'one-launch-status';

/** One process of PM2's list: what a check or a drain needs, and nothing of its environment. */
export interface Pm2Process {
  readonly name: string;
  /** PM2's number for the process, `pm_id`; a text such as `_old_3` for the outgoing half of a reload. */
  readonly id: number | string;
  /** Process id; 0 when it does not run. */
  readonly pid: number;
  readonly status: Pm2Status | (string & {});
  readonly execMode: 'cluster' | 'fork';
  /** How often it was started again, ever, on purpose or not. */
  readonly restarts: number;
  /** Consecutive starts that ended before PM2's `min_uptime`. */
  readonly unstableRestarts: number;
  /** When the present run began, milliseconds since the epoch; 0 when unknown. */
  readonly startedAt: number;
  /** When it was first registered, milliseconds since the epoch; 0 when unknown. */
  readonly createdAt: number;
  /** Milliseconds from the stop signal to SIGKILL, when the app sets it; PM2's own default is 1600. */
  readonly killTimeout: number | undefined;
  /** Percent of one core. */
  readonly cpu: number;
  /** Resident memory in bytes. */
  readonly memory: number;
}

/** Picks the fields of {@link Pm2Process} out of a `getMonitorData` reply, which also carries every app's environment. */
export function readProcessList(reply: unknown): Pm2Process[] {
  if (!Array.isArray(reply)) throw new Error('a process list that is no list');
  return reply.map((entry) => readProcess(fieldsOf(entry)));
}

function readProcess(entry: Fields): Pm2Process {
  const env = fieldsOf(entry.pm2_env);
  const monit = fieldsOf(entry.monit);
  return {
    name: textOf(entry.name),
    id: typeof entry.pm_id === 'string' ? entry.pm_id : numberOf(entry.pm_id),
    pid: numberOf(entry.pid),
    status: textOf(env.status),
    execMode: env.exec_mode === 'cluster_mode' ? 'cluster' : 'fork',
    restarts: numberOf(env.restart_time),
    unstableRestarts: numberOf(env.unstable_restarts),
    startedAt: numberOf(env.pm_uptime),
    createdAt: numberOf(env.created_at),
    killTimeout: env.kill_timeout === undefined ? undefined : numberOf(env.kill_timeout) || undefined,
    cpu: numberOf(monit.cpu),
    memory: numberOf(monit.memory),
  };
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value ? (value as Fields) : {});
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown): number => {
  const number = Number(value);
  return Number.isFinite(number) ? number : 0;
};
