export { isPermanent } from '@cutover/internal';
export type { Check, CheckDetails } from './check.ts';
export {
  type ContainerCheckOptions,
  type ContainerTarget,
  containerCheck,
} from './checks/container.ts';
export type { ContainerEngine } from './checks/container-engine.ts';
export { customCheck } from './checks/custom.ts';
export type { LocalCheck } from './checks/define-check.ts';
export { DISK_FAIL, DISK_WARN, type DiskCheckOptions, diskCheck } from './checks/disk.ts';
export {
  EVENT_LOOP_FAIL,
  EVENT_LOOP_WARN,
  type EventLoopCheckOptions,
  eventLoopCheck,
} from './checks/event-loop.ts';
export { HTTP_BODY_LIMIT, type HttpCheckOptions, httpCheck } from './checks/http.ts';
export { MEMORY_FAIL, MEMORY_WARN, type MemoryCheckOptions, memoryCheck } from './checks/memory.ts';
export { mysqlCheck } from './checks/mysql.ts';
export { type Pm2CheckOptions, pm2Check } from './checks/pm2.ts';
export { PM2_MAX_RESTARTS, PM2_RESTART_WINDOW } from './checks/pm2-rules.ts';
export { postgresCheck } from './checks/postgres.ts';
export type { LentClient, PostgresPool } from './checks/postgres-pool.ts';
export { type PrismaCheckOptions, type PrismaClientLike, prismaCheck } from './checks/prisma.ts';
export { type RedisCheckOptions, type RedisClient, redisCheck } from './checks/redis.ts';
export type { SqlCheckOptions, SqlClient } from './checks/sql.ts';
export { TCP_HOLD, type TcpCheckOptions, tcpCheck } from './checks/tcp.ts';
export { CLUSTER_MAX_AGE, type ClusterCheckOptions, clusterCheck } from './cluster/cluster-check.ts';
export { SHARE_INTERVAL, type ShareOptions, shareHealth } from './cluster/share-health.ts';
export { HealthcheckError, type HealthcheckErrorCode, healthcheckErrorCodes } from './errors.ts';
export { createHealth, HEALTH_CHANNEL, type Health, type HealthPorts } from './health/create-health.ts';
export type { NodeHandler } from './health/handlers.ts';
export {
  CHECK_CACHE,
  CHECK_TIMEOUT,
  type CheckEntry,
  type CheckInput,
  HEALTH_PATHS,
  type HealthEvent,
  type HealthOptions,
  PATIENCE,
} from './health/options.ts';
export type { CheckStatus, ProbeLimits, Reading } from './health/probe.ts';
export type { CheckReport, HealthReport, HealthState } from './health/report.ts';
export * from './heartbeat.ts';
export * from './run.ts';
export { POLLER_AGE } from './temporal/pollers.ts';
export {
  type TemporalCheckOptions,
  type TemporalConnection,
  temporalCheck,
} from './temporal/temporal-check.ts';
export {
  type TemporalWorker,
  type TemporalWorkerCheckOptions,
  temporalWorkerCheck,
} from './temporal/temporal-worker-check.ts';
