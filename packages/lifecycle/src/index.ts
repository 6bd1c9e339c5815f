export type { EngineIoServerLike } from './drain/engine-io.ts';
export type { StreamedRequest, StreamPolicy } from './drain/event-streams.ts';
export type { WebSocketLike, WebSocketServerLike } from './drain/web-sockets.ts';
export { LifecycleError, type LifecycleErrorCode } from './errors.ts';
export { exclusive } from './exclusive/exclusive.ts';
export {
  type ExclusiveContext,
  type ExclusiveEvent,
  type ExclusiveOptions,
  LOCK_LEASE,
  LOCK_OPEN_TIMEOUT,
  LOCK_PAUSE,
  LOCK_TIMEOUT,
} from './exclusive/options.ts';
export type { IoredisClient, NodeRedisClient } from './exclusive/redis-clients.ts';
export type { LockStore } from './exclusive/store.ts';
export { askPm2ToDrain } from './pm2/ask-pm2-to-drain.ts';
export { drainPm2 } from './pm2/drain-pm2.ts';
export { DRAIN_GRACE_PERIOD, type DrainPm2Options } from './pm2/options.ts';
export type { DrainVerdict, ProcessVerdict } from './pm2/verdict.ts';
export {
  MIGRATE_TIMEOUT,
  type Migration,
  type ServiceEvent,
  type ServiceOptions,
} from './service/options.ts';
export { runService } from './service/run-service.ts';
export type { ServiceVerdict } from './service/service-verdict.ts';
export { SHUTDOWN_CHANNEL } from './shutdown/announcer.ts';
export { BUDGET_MARGIN, DEFAULT_GRACE_PERIOD, DEFAULT_LAME_DUCK } from './shutdown/budget.ts';
export { GRACE_PERIOD_VARIABLE, gracefulShutdown } from './shutdown/graceful-shutdown.ts';
export type { AnyWebSocketServer, GracefulShutdownOptions, LifecycleLogger } from './shutdown/options.ts';
export { PM2_KILL_TIMEOUT } from './shutdown/pm2-environment.ts';
export type {
  Closable,
  Phase,
  Shutdown,
  ShutdownEvent,
  ShutdownReason,
  StepContext,
  StepOptions,
  StepResult,
  Verdict,
  WarningCode,
} from './shutdown/types.ts';
export { EXIT_CODES } from './shutdown/verdict.ts';
export { VERDICT_DIRECTORY, type VerdictRecord } from './shutdown/verdict-file.ts';
export type { Attempt } from './wait/attempts.ts';
export type { Target } from './wait/target.ts';
export {
  ATTEMPT_TIMEOUT,
  WAIT_TIMEOUT,
  type WaitOptions,
  waitForDatabase,
} from './wait/wait-for-database.ts';
