export { type BoundedOptions, bounded, TimeoutError } from './bounded.ts';
export { type Clock, systemClock } from './clock.ts';
export { ExplainedError, type Explanation, messageOf } from './explained-error.ts';
export { type OptionRule, option, readOptions } from './options.ts';
export { connectPm2, PM2_TIMEOUT, type Pm2Client, type Pm2Options, pm2Home } from './pm2/connect.ts';
export { Pm2Error, type Pm2ErrorCode } from './pm2/pm2-error.ts';
export type { Pm2Process, Pm2Status } from './pm2/process-list.ts';
export { redactUrl, redactUrls } from './redact.ts';
export { type LinkedSignal, linkSignals } from './signals.ts';
