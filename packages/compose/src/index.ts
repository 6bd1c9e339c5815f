export { blueGreen, type Deployment, type DeployOptions, type Plan } from './blue-green.ts';
export type {
  Container,
  Health,
  Image,
  Intent,
  JournalEntry,
  Outcome,
  Release,
  RouterSlot,
  RouterState,
  ServiceName,
  SlotName,
  StartOrder,
  Step,
} from './core/model.ts';
export {
  DEFAULT_DRAIN,
  DEFAULT_GATE,
  DEFAULT_GRACE_PERIOD,
  DEFAULT_VERIFY,
  DEFAULT_WATCH,
  type DrainPolicy,
  type GatePolicy,
  type Hooks,
  type VerifyPolicy,
  type WatchPolicy,
} from './core/policy.ts';
export type { DeployResult } from './deployment.ts';
export { type ComposeProjectOptions, composeProject } from './engine/compose-project.ts';
export { DeployError, type DeployErrorCode, deployErrorCodes } from './errors.ts';
export type { DeployEvent, StopVerdict } from './events.ts';
export { DEPLOY_CHANNEL } from './listeners.ts';
export type { BackgroundOptions, BlueGreenOptions, SlotOptions } from './options.ts';
export type { DeployRequest, Engine, Exit, Holder, Router } from './ports.ts';
export type { ReleaseRequest } from './release.ts';
export { type ConsoleOptions, consoleReporter } from './report/console.ts';
export { jsonReporter } from './report/json.ts';
export { type HaproxyMapRouterOptions, haproxyMapRouter } from './router/haproxy-map.ts';
export { type HaproxyServerRouterOptions, haproxyServerRouter } from './router/haproxy-server.ts';
export { runScript, type ScriptContext } from './script.ts';
export type { DeployStatus, ServiceStatus } from './status.ts';
