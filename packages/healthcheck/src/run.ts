export {
  RUN_TIMEOUT,
  type RunOptions,
  type RunResult,
  runChecks,
  runHealthcheck,
} from './run/run-healthcheck.ts';
