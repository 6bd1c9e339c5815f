export type { Check, CheckDetails } from './check.ts';
export {
  type HeartbeatCheckOptions,
  type HeartbeatStore,
  heartbeatCheck,
  heartbeatText,
  writeHeartbeat,
} from './checks/heartbeat.ts';
