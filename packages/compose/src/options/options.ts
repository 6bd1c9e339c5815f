import { type OptionRule, option, readOptions } from '@cutover/internal';
import type { DeployEvent } from '../domain/events.ts';
import type { Layout, ServiceName, SlotName } from '../domain/layout.ts';
import {
  DEFAULT_DRAIN,
  DEFAULT_GATE,
  DEFAULT_VERIFY,
  DEFAULT_WATCH,
  type DrainPolicy,
  type GatePolicy,
  type Hooks,
  type Policy,
  type VerifyPolicy,
  type WatchPolicy,
} from '../domain/policy.ts';
import type { Engine, Router } from '../ports/index.ts';
import {
  type BackgroundOptions,
  type JobOptions,
  readLayout,
  refuse,
  type SlotOptions,
} from './layout-options.ts';

export interface BlueGreenOptions {
  /** What runs the containers: `composeProject()`. */
  project: Engine;
  /** The two places a version of the application can run. */
  slots: Readonly<Record<SlotName, SlotOptions>>;
  /** What sends traffic to them: `haproxyMapRouter()`, `haproxyServerRouter()`. */
  router: Router;
  /** Services without traffic that move with the release: cron, workers. Default none. */
  background?: Readonly<Record<ServiceName, BackgroundOptions>>;
  /** Services that run once in each deployment, to their end: migrations. Default none. */
  jobs?: Readonly<Record<ServiceName, JobOptions>>;
  gate?: Partial<GatePolicy>;
  drain?: Partial<DrainPolicy>;
  /** For the background services on the new release. */
  verify?: Partial<VerifyPolicy>;
  /** How the new slot is watched from the switch on, while the old one stays warm. */
  watch?: Partial<WatchPolicy>;
  hooks?: Hooks;
  /**
   * `configuration`: keep that of each release in a file of the project, without secrets, so that `rollback()` and the
   * way back of a failed deployment create containers as they were then. Default false: they get what is on disk.
   */
  keep?: { configuration?: boolean };
  /** Hears everything: `consoleReporter()`, `jsonReporter()`. What it throws breaks nothing. */
  onEvent?: (event: DeployEvent) => void;
}

/** The options, checked once and complete. */
export interface Settings {
  readonly project: Engine;
  readonly router: Router;
  readonly layout: Layout;
  readonly policy: Policy;
  readonly onEvent: (event: DeployEvent) => void;
}

const rules: Readonly<Record<keyof BlueGreenOptions, OptionRule>> = {
  project: option.required(option.object),
  slots: option.required(option.object),
  router: option.required(option.object),
  background: option.object,
  jobs: option.object,
  gate: option.object,
  drain: option.object,
  verify: option.object,
  watch: option.object,
  hooks: option.object,
  keep: option.object,
  onEvent: option.function,
};

export function readSettings(given: BlueGreenOptions): Settings {
  const { project, router, slots, background, jobs, gate, drain, verify, watch, hooks, keep, onEvent } =
    readOptions(
      given,
      rules,
      {
        background: {},
        jobs: {},
        gate: {},
        drain: {},
        verify: {},
        watch: {},
        hooks: {},
        keep: {},
        onEvent: () => {},
      },
      refuse(''),
    );
  const { configuration } = readOptions(
    keep,
    { configuration: option.boolean },
    { configuration: false },
    refuse('keep.'),
  );
  return {
    project: configuration ? project : { ...project, ...keepingNothing },
    router,
    layout: readLayout({ slots, background, jobs }),
    policy: {
      gate: readGate(gate),
      drain: readDrain(drain),
      watch: readWatch(watch),
      verify: readVerify(verify),
      hooks: readHooks(hooks),
    },
    onEvent,
  };
}

const keepingNothing: Pick<Engine, 'keep' | 'kept'> = {
  keep: async () => undefined,
  kept: async () => undefined,
};

const readGate = (gate: Partial<GatePolicy>): GatePolicy =>
  readOptions(
    gate,
    {
      consecutive: option.count,
      stableFor: option.duration,
      interval: option.duration,
      timeout: option.duration,
      unhealthy: option.oneOf('fail', 'wait'),
      checks: option.list(option.object),
    },
    DEFAULT_GATE,
    refuse('gate.'),
  );

const readDrain = (drain: Partial<DrainPolicy>): DrainPolicy =>
  readOptions(
    drain,
    { timeout: option.duration, interval: option.duration },
    DEFAULT_DRAIN,
    refuse('drain.'),
  );

const readVerify = (verify: Partial<VerifyPolicy>): VerifyPolicy =>
  readOptions(
    verify,
    { stableFor: option.duration, timeout: option.duration },
    DEFAULT_VERIFY,
    refuse('verify.'),
  );

function readWatch(watch: Partial<WatchPolicy>): WatchPolicy {
  const read = readOptions(
    watch,
    {
      for: option.duration,
      every: option.duration,
      failures: option.object,
      signals: option.list(option.object),
    },
    DEFAULT_WATCH,
    refuse('watch.'),
  );
  const path = 'watch.failures.';
  const number = option.required(option.count);
  const { count, of } = readOptions(read.failures, { count: number, of: number }, {}, refuse(path));
  if (count > of)
    throw refuse(path)({
      name: 'count',
      found: `${count}`,
      wanted: `at most ${of}, as many as are looked at`,
    });
  return read;
}

const readHooks = (hooks: Hooks): Hooks =>
  readOptions(hooks, { beforeSwitch: option.function, afterSwitch: option.function }, {}, refuse('hooks.'));
