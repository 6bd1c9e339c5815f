export { blueGreen, type Deployment, type DeployOptions, type LookOptions, type Plan } from './blue-green.ts';
export type { Configuration, Fingerprint, Kept } from './domain/configuration.ts';
export type { CheckOutput, Container, Health } from './domain/container.ts';
export { DeployError, type DeployErrorCode, deployErrorCodes } from './domain/errors.ts';
export type { DeployEvent, Layers, StepSummary, StopVerdict } from './domain/events.ts';
export type { HistoryEntry } from './domain/history.ts';
export type { Author, Intent, Outcome } from './domain/intent.ts';
export type { JournalEntry, NotedJob } from './domain/journal.ts';
export type { JobMoment, RoleName, ServiceName, SlotName } from './domain/layout.ts';
export {
  DEFAULT_DRAIN,
  DEFAULT_GATE,
  DEFAULT_GRACE_PERIOD,
  DEFAULT_JOB_TIMEOUT,
  DEFAULT_VERIFY,
  DEFAULT_WATCH,
  type DrainPolicy,
  type GatePolicy,
  type HookFacts,
  type Hooks,
  type VerifyPolicy,
  type WatchPolicy,
} from './domain/policy.ts';
export type { Image, Release } from './domain/release.ts';
export type { RouterServer, RouterSlot, RouterState } from './domain/router-state.ts';
export type { Compared, Counted, Traffic } from './domain/traffic.ts';
export type { LookFacts, Verdict, WatchSignal } from './domain/watch-signal.ts';
export { type ComposeProjectOptions, composeProject } from './engine/compose-project.ts';
export type { ReleaseRequest } from './intent/release.ts';
export type {
  BackgroundOptions,
  JobOptions,
  SlotOptions,
  SlotServiceOptions,
} from './options/layout-options.ts';
export type { BlueGreenOptions } from './options/options.ts';
export type {
  DeployRequest,
  Engine,
  Exit,
  Holder,
  Ledger,
  Lock,
  ResolveOptions,
  Router,
  Signalled,
  UpOrder,
} from './ports/index.ts';
export { type ConsoleOptions, consoleReporter } from './report/console.ts';
export { jsonReporter } from './report/json.ts';
export { DEPLOY_CHANNEL } from './report/listeners.ts';
export {
  type HaproxyMapOptions,
  type HaproxyMapRouterOptions,
  haproxyMapRouter,
  type OneServiceKey,
  type SeveralServiceKeys,
} from './router/haproxy-map.ts';
export { type HaproxyServerRouterOptions, haproxyServerRouter } from './router/haproxy-server.ts';
export { routerInstances } from './router/instances.ts';
export type { DeployResult } from './run/deployment.ts';
export { runScript, type ScriptContext } from './script.ts';
export { type RouterErrorsOptions, routerErrors } from './signals/router-errors.ts';
export { type RouterLatencyOptions, routerLatency } from './signals/router-latency.ts';
export type { Times } from './signals/traffic-signal.ts';
export type {
  ContainerStatus,
  DeployStatus,
  ServiceStatus,
  SlotStatus,
  StatusPart,
  StatusProblem,
} from './status/deploy-status.ts';
