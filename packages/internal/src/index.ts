export { type BoundedOptions, bounded, TimeoutError } from './bounded.ts';
export { type Clock, systemClock } from './clock.ts';
export { ExplainedError, type Explanation, messageOf } from './explained-error.ts';
export { type OptionRule, option, readOptions } from './options.ts';
export { redactUrl, redactUrls } from './redact.ts';
export { type LinkedSignal, linkSignals } from './signals.ts';
