import { FakeClock } from '@cutover/internal/testing/fake-clock';
import { ownShutdown } from '../shutdown/graceful-shutdown.ts';
import type { GracefulShutdownOptions } from '../shutdown/options.ts';
import { readShutdownOptions } from '../shutdown/options.ts';
import type { Surroundings } from '../shutdown/surroundings.ts';
import type { Shutdown, ShutdownEvent, Verdict } from '../shutdown/types.ts';
import { FakeHost, type FakeHostOptions } from './fake-host.ts';

export interface TestShutdownOptions extends GracefulShutdownOptions {
  /** The process around it; default one without PM2, terminal or IPC. */
  process?: FakeHostOptions & { readonly surroundings?: Partial<Surroundings> };
}

/** A shutdown whose signals and time a test controls. */
export interface TestShutdown {
  /** To be passed to the code under test in place of `gracefulShutdown`'s. */
  readonly shutdown: Shutdown;
  /** All events so far. */
  readonly events: readonly ShutdownEvent[];
  /** The exit codes with which the process would have ended; more than one is a bug. */
  readonly exits: readonly number[];
  /** What was sent to the supervisor. */
  readonly sent: readonly unknown[];
  /** Delivers a signal, an IPC `message`, `disconnect`, `uncaughtException` or `unhandledRejection`. */
  emit(event: string, ...values: readonly unknown[]): void;
  /** Moves time by so many milliseconds; steps, timeouts and deadlines see it, and their promises run. */
  advance(ms: number): Promise<void>;
  /** Begins with a SIGTERM and moves time until the shutdown is over. */
  run(): Promise<Verdict>;
}

/**
 * A shutdown that ends no process and uses a fake clock, for tests of code that adds steps.
 *
 * ```ts
 * const { shutdown, run } = testShutdown({ gracePeriod: 5_000 });
 * startWorker({ shutdown });
 * expect(await run()).toMatchObject({ outcome: 'clean' });
 * ```
 * @throws {LifecycleError} `invalid-options`, as `gracefulShutdown` does
 */
export function testShutdown({ process: world = {}, ...options }: TestShutdownOptions = {}): TestShutdown {
  readShutdownOptions(options);
  const { surroundings, ...hostOptions } = world;
  const host = new FakeHost(hostOptions);
  const clock = new FakeClock();
  const events: ShutdownEvent[] = [];
  const onEvent = (event: ShutdownEvent) => {
    events.push(event);
    options.onEvent?.(event);
  };
  const readSurroundings = () => ({ inContainer: false, init: 'systemd', psFound: true, ...surroundings });
  const shutdown = ownShutdown({ logger: false, ...options, onEvent }, { host, clock, readSurroundings });
  return {
    shutdown,
    events,
    exits: host.exits,
    sent: host.sent,
    emit: (event, ...values) => void host.emit(event, ...values),
    advance: (ms) => clock.advance(ms),
    run: async () => {
      host.emit('SIGTERM');
      let verdict: Verdict | undefined;
      void shutdown.finished.then((ended) => {
        verdict = ended;
      });
      // Small steps, since real work (sockets, files) may be in progress between two steps of time.
      while (!verdict) await clock.advance(10);
      return verdict;
    },
  };
}
