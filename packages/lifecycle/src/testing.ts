export type { Surroundings } from './shutdown/surroundings.ts';
export type { FakeHostOptions } from './testing/fake-host.ts';
export { type TestShutdown, type TestShutdownOptions, testShutdown } from './testing/test-shutdown.ts';
