export {
  type FakeHaproxy,
  type FakeHaproxyOptions,
  type Fault,
  startFakeHaproxy,
} from './fake/fake-haproxy.ts';
export type { FakeServer } from './fake/model.ts';
