import { type OptionRule, option, readOptions } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import type { DeployEvent } from '../domain/events.ts';
import {
  allServices,
  type Layout,
  ONLY_ROLE,
  type RoleName,
  rolesOf,
  type ServiceName,
  type Slot,
  type SlotName,
} from '../domain/layout.ts';
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
import { mapValues } from './map-values.ts';

export interface SlotServiceOptions {
  /** The Compose service. */
  service: ServiceName;
  /** The Compose variable that names its image: `image: ${API_BLUE_IMAGE}` in the Compose file. */
  image: string;
  /** Milliseconds between SIGTERM and SIGKILL. Default: its `stop_grace_period` in the Compose file, else 10 000. */
  gracePeriod?: number;
}

/** A slot of one service, or of several that get the traffic in the same moment: an API and its web front end. */
export type SlotOptions = SlotServiceOptions | { services: Readonly<Record<RoleName, SlotServiceOptions>> };

export interface BackgroundOptions {
  /** The Compose variable that names its image. */
  image: string;
  /** Milliseconds between SIGTERM and SIGKILL: more than its longest job. Default as for slots. */
  gracePeriod?: number;
  /** At most one container, ever, as a cron needs it. Default false. */
  exclusive?: boolean;
}

export interface BlueGreenOptions {
  /** What runs the containers: `composeProject()`. */
  project: Engine;
  /** The two places a version of the application can run. */
  slots: Readonly<Record<SlotName, SlotOptions>>;
  /** What sends traffic to them: `haproxyMapRouter()`, `haproxyServerRouter()`. */
  router: Router;
  /** Services without traffic that move with the release: cron, workers. Default none. */
  background?: Readonly<Record<ServiceName, BackgroundOptions>>;
  gate?: Partial<GatePolicy>;
  drain?: Partial<DrainPolicy>;
  /** For the background services on the new release. */
  verify?: Partial<VerifyPolicy>;
  /** How the new slot is watched from the switch on, while the old one stays warm. */
  watch?: Partial<WatchPolicy>;
  hooks?: Hooks;
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
  gate: option.object,
  drain: option.object,
  verify: option.object,
  watch: option.object,
  hooks: option.object,
  onEvent: option.function,
};

export function readSettings(given: BlueGreenOptions): Settings {
  const { project, router, slots, background, gate, drain, verify, watch, hooks, onEvent } = readOptions(
    given,
    rules,
    { background: {}, gate: {}, drain: {}, verify: {}, watch: {}, hooks: {}, onEvent: () => {} },
    refuse(''),
  );
  const layout: Layout = {
    slots: mapValues(slots, (slot, name) => readSlot(slot, `slots.${name}.`)),
    background: mapValues(background, (service, name) => readBackground(service, `background.${name}.`)),
  };
  assertPair(layout);
  assertNames(layout);
  return {
    project,
    router,
    layout,
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

/** Two slots of the same roles. */
function assertPair({ slots }: Layout): void {
  const names = Object.keys(slots);
  if (names.length !== 2)
    throw refuse('')({ name: 'slots', found: `${names.length} of them`, wanted: 'two' });
  const [one, other] = Object.values(slots).map(({ services }) => Object.keys(services).sort().join(', '));
  if (one === other && one !== '') return;
  const found = names.map((name, index) => `${name} has ${[one, other][index] || 'none'}`).join(', ');
  throw refuse('slots.')({ name: 'services', found, wanted: 'the same names of services in both slots' });
}

/** Images and histories go by these names. */
function assertNames(layout: Layout): void {
  const names = [...rolesOf(layout), ...allServices(layout).map(({ service }) => service)];
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice === undefined || (rolesOf(layout).includes(twice) && !(twice in layout.background))) return;
  throw refuse('')({
    name: 'slots',
    found: `${twice} twice`,
    wanted: 'each service once, and names of its own within a slot',
  });
}

function readSlot(slot: SlotOptions, path: string): Slot {
  if (typeof slot !== 'object' || slot === null || !('services' in slot))
    return { services: { [ONLY_ROLE]: readSlotService(slot, path) } };
  const { services } = readOptions(slot, { services: option.required(option.object) }, {}, refuse(path));
  return {
    services: mapValues(services, (service, role) => readSlotService(service, `${path}services.${role}.`)),
  };
}

const readSlotService = (service: SlotServiceOptions, path: string) =>
  readOptions(
    service,
    {
      service: option.required(option.text),
      image: option.required(option.text),
      gracePeriod: option.duration,
    },
    {},
    refuse(path),
  );

const readBackground = (service: BackgroundOptions, path: string) =>
  readOptions(
    service,
    { image: option.required(option.text), gracePeriod: option.duration, exclusive: option.boolean },
    { exclusive: false },
    refuse(path),
  );

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

const readWatch = (watch: Partial<WatchPolicy>): WatchPolicy =>
  readOptions(watch, { for: option.duration, every: option.duration }, DEFAULT_WATCH, refuse('watch.'));

const readHooks = (hooks: Hooks): Hooks =>
  readOptions(hooks, { beforeSwitch: option.function, afterSwitch: option.function }, {}, refuse('hooks.'));

const refuse =
  (path: string) =>
  ({ name, found, wanted }: { name: string; found: string; wanted: string }): DeployError =>
    new DeployError('invalid-options', { doing: `reading blueGreen option ${path}${name}`, found, wanted });
