export { type BoundedOptions, bounded, TimeoutError } from './bounded.ts';
export { brand } from './brand.ts';
export { type Clock, systemClock } from './clock.ts';
export { type DriverNeed, loadDriver } from './driver.ts';
export { type ErrorTable, ExplainedError, type Explanation, messageOf } from './explained-error.ts';
export { ignoringErrors } from './ignoring-errors.ts';
export { isLoopback, normalAddress, sameAddress } from './ip.ts';
export { type OptionRule, option, readOptions } from './options.ts';
export { isPermanent } from './permanent.ts';
export { connectPm2, PM2_TIMEOUT, type Pm2Client, type Pm2Options, pm2Home } from './pm2/connect.ts';
export { FrameReader } from './pm2/frames.ts';
export { Pm2Error, type Pm2ErrorCode } from './pm2/pm2-error.ts';
export type { Pm2Process, Pm2Status } from './pm2/process-list.ts';
export {
  isAlive,
  isReached,
  isStill,
  offspringOf,
  type ProcessState,
  processes,
  stateOf,
} from './processes.ts';
export { maskValues, redact, redactUrl, redactUrls } from './redact.ts';
export { redactThrown } from './redact-error.ts';
export { replaceFile, replaceFileSync } from './replace-file.ts';
export { type LinkedSignal, linkSignals } from './signals.ts';
export { LONGEST_TIMER, Timer } from './timer.ts';
