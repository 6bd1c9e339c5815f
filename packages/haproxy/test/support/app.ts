import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a test may change in a running app. */
interface AppSettings {
  /** Whether `/health` answers 200; else 503. */
  readonly healthy: boolean;
  /** Milliseconds until a path with `/slow` is answered; default 500. */
  readonly slow: number;
}

interface AppState extends AppSettings {
  /** Requests seen since its process began, but those of health checks. */
  readonly served: number;
  /** When its last health check was answered, in milliseconds since 1970. */
  readonly checkedAt: number;
}

/** A small app behind HAProxy, a process of its own: says its name, can be slow, unhealthy or gone. */
export interface App extends AsyncDisposable {
  readonly name: string;
  /** The same after {@link App.revive}. */
  readonly port: number;
  set(changes: Partial<AppSettings>): Promise<void>;
  state(): Promise<AppState>;
  /** SIGKILL, with every connection it has; resolves when it is gone. */
  kill(): Promise<void>;
  /** Another process, healthy, on the same port. */
  revive(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('./app-process.mjs', import.meta.url));

export async function startApp(name: string): Promise<App> {
  let running: ChildProcess;
  let port = 0;
  const revive = async () => {
    running = fork(PROGRAM, [name, String(port)], { execArgv: [] });
    [{ port }] = await heard<{ port: number }>(running);
  };
  const tell = async (changes: Partial<AppSettings>): Promise<AppState> => {
    running.send(changes);
    const [state] = await heard<AppState>(running);
    return state;
  };
  const kill = async () => {
    if (running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
  };
  await revive();
  return {
    name,
    get port() {
      return port;
    },
    set: async (changes) => void (await tell(changes)),
    state: () => tell({}),
    kill,
    revive,
    [Symbol.asyncDispose]: kill,
  };
}

/** The next message of a process; rejects when it ends instead. */
async function heard<T>(child: ChildProcess): Promise<[T]> {
  const over = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', over) as Promise<[T]>,
      once(child, 'exit', over).then(([code, signal]) => {
        throw new Error(`the app ended: ${code ?? signal}`);
      }),
    ]);
  } finally {
    over.abort();
  }
}
