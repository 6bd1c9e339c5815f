export { FakeClock } from './fake-clock.ts';
export { uniqueName } from './unique-name.ts';
