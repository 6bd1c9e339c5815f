/** PM2's grace between the stop signal and SIGKILL when nothing else is set (7.0.4, measured). */
export const PM2_KILL_TIMEOUT = 1_600;

/** Settings that PM2 passes to an app through its environment, in fork and cluster mode. */
export interface Pm2Environment {
  /** `pm_id`: PM2's number for this process. */
  readonly id: string;
  /** Milliseconds from the stop signal to SIGKILL. */
  readonly killTimeout: number;
  /** False when neither the app nor PM2 was given a `kill_timeout`. */
  readonly killTimeoutSet: boolean;
  /** PM2 waits for `ready` before it reports the app online. */
  readonly waitReady: boolean;
  /** Milliseconds after which PM2 reports it online anyway; PM2's default is 3000. */
  readonly listenTimeout: number;
  /** PM2 signals the whole tree of the app, for which it needs `ps`. */
  readonly treekill: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** PM2's environment, or undefined when PM2 is not the supervisor. */
export function readPm2Environment(env: Environment): Pm2Environment | undefined {
  const id = env.pm_id;
  if (id === undefined || env.PM2_HOME === undefined) return undefined;
  // A kill_timeout of 0 means the default to PM2, too.
  const killTimeout = Number(env.kill_timeout) || Number(env.PM2_KILL_TIMEOUT) || 0;
  return {
    id,
    killTimeout: killTimeout || PM2_KILL_TIMEOUT,
    killTimeoutSet: killTimeout > 0,
    waitReady: env.wait_ready === 'true',
    listenTimeout: Number(env.listen_timeout) || 3_000,
    treekill: env.treekill !== 'false',
  };
}
