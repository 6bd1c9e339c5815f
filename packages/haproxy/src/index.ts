export { createRuntimeClient, type RuntimeClient } from './client/client.ts';
export {
  COMMAND_TIMEOUT,
  CONNECT_TIMEOUT,
  REPLY_LIMIT,
  type RuntimeClientOptions,
} from './client/options.ts';
export * from './commands/acl.ts';
export * from './commands/backend.ts';
export * from './commands/certificate.ts';
export * from './commands/checks.ts';
export type { Command, Level, Release } from './commands/command.ts';
export * from './commands/dynamic-server.ts';
export { type EventSink, showEventSinks } from './commands/events.ts';
export { execute } from './commands/execute.ts';
export { cliLevel, type Info, showInfo, showVersion, type Version } from './commands/info.ts';
export * from './commands/limits.ts';
export {
  addMap,
  clearMap,
  commitMap,
  deleteMap,
  type MapEntry,
  type PatternFile,
  prepareMap,
  setMap,
  showMap,
  showMaps,
} from './commands/map.ts';
export { type NameServer, showResolvers } from './commands/resolvers.ts';
export {
  type AdminWord,
  renameServer,
  type ServerName,
  setServerAddress,
  setServerFqdn,
  setServerSsl,
  setServerState,
  setServerWeight,
  shutdownSessions,
} from './commands/server.ts';
export { readServersState, type ServerState, showServersState } from './commands/servers-state.ts';
export * from './commands/sessions.ts';
export { type Column, type StatFilter, type StatRow, type StatType, showStat } from './commands/stat.ts';
export { STAT_COLUMNS, type StatColumn } from './commands/stat-columns.ts';
export * from './commands/table.ts';
export type { Connect } from './connection/address.ts';
export type { Limits } from './connection/batch.ts';
export { HaproxyError, type HaproxyErrorCode } from './errors.ts';
export type { AdminOrigin, AdminState } from './grammar/admin-state.ts';
export type { CheckStatus, State, Status } from './grammar/status.ts';
export { createRuntimeGroup, type InstanceResult, type RuntimeGroup } from './group/group.ts';
export {
  createMasterClient,
  type MasterClient,
  type MasterClientOptions,
  type ReloadResult,
} from './master/master-client.ts';
export type { Proc } from './master/procs.ts';
export type { DoctorOptions } from './verbs/doctor.ts';
export { DRAIN_TIMEOUT, type DrainOptions, type DrainResult } from './verbs/drain.ts';
export type { DrainBackendOptions } from './verbs/drain-backend.ts';
export { type EventsOptions, WORKER_WATCH_INTERVAL } from './verbs/events.ts';
export type { Finding } from './verbs/finding.ts';
export type { HaproxyHealth, HealthOptions } from './verbs/health.ts';
export type { ServerOptions } from './verbs/on-server.ts';
export { STATE_TIMEOUT } from './verbs/open.ts';
export type { PersistMapOptions, PersistServerStateOptions } from './verbs/persist.ts';
export type { DesiredServer, ReconcileOptions, ReconcileResult } from './verbs/reconcile.ts';
export type { ServerView } from './verbs/server-view.ts';
export type { SetAddressOptions } from './verbs/set-address.ts';
export type { FenceMapOptions, SwitchMapOptions } from './verbs/switch-map.ts';
export type { SwitchServersOptions } from './verbs/switch-servers.ts';
export type { DrainProgress } from './verbs/until-empty.ts';
export { type Change, LOOK_AGAIN, type VerbOptions } from './verbs/verb.ts';
export type { WaitBackendRemovableOptions, WaitServerRemovableOptions } from './verbs/wait-removable.ts';
export { WARM_TIMEOUT, type WarmOptions } from './verbs/warm.ts';
export {
  LEAST_WATCH_INTERVAL,
  WATCH_INTERVAL,
  type WatchedRow,
  type WatchOptions,
  type WatchSample,
} from './verbs/watch.ts';
