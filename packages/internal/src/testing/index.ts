export { FakeClock } from './fake-clock.ts';
export type { LoadOptions, LoadSecond, RequestKind } from './load/load-options.ts';
export { type Load, startLoad } from './load/start-load.ts';
export type { LoadReport } from './load/tally.ts';
export { type Pm2App, startPm2, type TestPm2 } from './pm2.ts';
export type { Presence } from './presence/presence.ts';
export { type Watch, watchProject } from './presence/watch-project.ts';
export { uniqueName } from './unique-name.ts';
