import type { Cluster } from 'node:cluster';
import type { Server } from 'node:net';
import { type Clock, messageOf, systemClock } from '@cutover/internal';
import { isEngineIo, webSocketsOf } from '../drain/engine-io.ts';
import { LAST_CALL, ServerDrain } from '../drain/server-drain.ts';
import { closeWebSockets, type WebSocketServerLike } from '../drain/web-sockets.ts';
import type { Host } from '../host.ts';
import { announcer } from './announcer.ts';
import { type Budget, planBudget } from './budget.ts';
import { callerOf } from './call-site.ts';
import { closingTools } from './closing-tools.ts';
import { stopWorkers } from './cluster-workers.ts';
import { type GracefulShutdownOptions, readShutdownOptions } from './options.ts';
import { Owner } from './owner.ts';
import type { Step } from './phases.ts';
import { readPm2Environment } from './pm2-environment.ts';
import { register } from './registry.ts';
import { readSurroundings, type Surroundings } from './surroundings.ts';
import { type ClusterWorker, listenForTriggers } from './triggers.ts';
import type { Shutdown, ShutdownEvent } from './types.ts';
import { type VerdictRecord, verdictPath, writeVerdict } from './verdict-file.ts';
import { judgeSurroundings } from './warnings.ts';
import { startWatchdog, type Watched } from './watchdog.ts';

/** The variable in which `runService` tells its command how many milliseconds it has from the stop signal on. */
export const GRACE_PERIOD_VARIABLE = 'CUTOVER_GRACE_PERIOD';

/** The environment of a shutdown; the test kit passes its own. */
export interface ShutdownPorts {
  readonly host: Host;
  readonly clock: Clock;
  readonly worker?: ClusterWorker | undefined;
  /** Where it was called, as `file:line`. */
  readonly place?: string;
  /** The steps that stop the workers of a node:cluster primary; the workers begin to stop at this call. */
  stopWorkers?(): readonly Step[];
  watch?(what: Watched): () => void;
  readSurroundings(env: Host['env']): Surroundings;
}

/**
 * Owns the end of this process: signals, PM2, uncaught errors, the servers' drain and every added step, in phases,
 * under one deadline. Call it once, as early as you like; servers may listen later.
 *
 * ```ts
 * const shutdown = gracefulShutdown({ server });
 * shutdown.add('prisma', prisma);
 * server.listen(3001, () => shutdown.ready());
 * ```
 * @throws {LifecycleError} `invalid-options`; `second-shutdown` when this process has one already
 */
export const gracefulShutdown = (options: GracefulShutdownOptions = {}): Shutdown =>
  ownShutdown(options, {
    host: process,
    clock: systemClock,
    place: callerOf(gracefulShutdown),
    worker: process.connected ? cluster().worker : undefined,
    stopWorkers: () => stopWorkers(cluster()),
    watch: startWatchdog,
    readSurroundings,
  });

// Its types describe the ES module; the call returns the CommonJS module.
const cluster = () => process.getBuiltinModule('node:cluster') as unknown as Cluster;

export function ownShutdown(given: GracefulShutdownOptions, ports: ShutdownPorts): Owner {
  const { host, clock, worker } = ports;
  const options = readShutdownOptions(given);
  const pm2 = readPm2Environment(host.env);
  const unregister = register(host, { place: ports.place ?? 'an unknown place', exits: options.exit });
  const budget = planBudget(options, pm2);
  const announce = announcer(options.onEvent, options.logger);
  const record = recorder(options.verdictFile, host, announce);
  const webSockets = listOf(options.webSockets).map((server) =>
    isEngineIo(server) ? webSocketsOf(server) : server,
  );
  const drains = listOf<Server>(options.server).map(
    (server) => new ServerDrain(server, { streams: options.streams, webSockets }),
  );
  const owner = new Owner({
    host,
    clock,
    budget,
    pm2,
    exit: options.exit,
    announce,
    closing: closingTools(budget, clock),
    announceAtExit: announcer(options.onEvent, options.logger && console),
    release: () => {
      stopListening();
      unregister();
    },
    watch: (reason) =>
      ports.watch?.({
        reason,
        pid: host.pid,
        gracePeriod: budget.gracePeriod,
        path: verdictPath(options.verdictFile, host),
      }) ?? (() => {}),
    record: (verdict) => record({ pid: host.pid, ...verdict }),
  });
  const stopListening = listenForTriggers(host, { ...options, pm2: pm2 !== undefined, worker }, (reason) =>
    owner.trigger(reason),
  );
  for (const step of serverSteps(drains, options.readinessDelay, budget, clock)) owner.addStep(step);
  for (const step of webSocketSteps(webSockets, budget, clock)) owner.addStep(step);
  owner.signal.addEventListener('abort', () => {
    for (const step of ports.stopWorkers?.() ?? []) owner.addStep(step);
  });
  record({ pid: host.pid, outcome: 'running' });
  const surroundings = ports.readSurroundings(host.env);
  const containerStopTimeout =
    options.containerStopTimeout ?? (Number(host.env[GRACE_PERIOD_VARIABLE]) || undefined);
  for (const warning of judgeSurroundings({
    asked: options.gracePeriod,
    gracePeriod: budget.gracePeriod,
    containerStopTimeout,
    pm2,
    surroundings,
  })) {
    announce({ type: 'warning', ...warning });
  }
  return owner;
}

function serverSteps(
  drains: readonly ServerDrain[],
  readinessDelay: number,
  { lameDuck }: Budget,
  clock: Clock,
): Step[] {
  if (drains.length === 0) return [];
  const refuse: Step = {
    name: 'listener',
    phase: 'stop',
    timeout: Number.POSITIVE_INFINITY,
    close: async ({ signal }) => {
      try {
        if (readinessDelay > 0) await clock.sleep(readinessDelay, signal);
      } finally {
        for (const drain of drains) drain.refuse();
      }
    },
  };
  return [
    refuse,
    ...drains.map(
      (drain, index): Step => ({
        name: drains.length > 1 ? `server ${index + 1}` : 'server',
        phase: 'drain',
        timeout: Number.POSITIVE_INFINITY,
        close: ({ signal, remaining }) => drain.drain({ lameDuck, clock, signal, remaining }),
        pending: () => drain.pending(),
        dispose: () => drain.dispose(),
      }),
    ),
  ];
}

const webSocketSteps = (
  servers: readonly WebSocketServerLike[],
  { lameDuck }: Budget,
  clock: Clock,
): Step[] =>
  servers.map((server) => ({
    name: 'web sockets',
    phase: 'drain',
    timeout: Number.POSITIVE_INFINITY,
    close: ({ signal, remaining }) =>
      closeWebSockets(server, { window: Math.min(lameDuck, remaining() * LAST_CALL), clock, signal }),
  }));

/** Writes the verdict file, if there is one; a failed write is a warning, not an error. */
function recorder(given: string | undefined, host: Host, announce: (event: ShutdownEvent) => void) {
  const path = verdictPath(given, host);
  return (record: VerdictRecord) => {
    try {
      if (path) writeVerdict(path, record);
    } catch (error) {
      announce({
        type: 'warning',
        code: 'verdict-file',
        message: `writing the verdict: ${messageOf(error)}`,
      });
    }
  };
}

const listOf = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);
