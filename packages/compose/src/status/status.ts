import { bounded, messageOf } from '@cutover/internal';
import { type Configuration, changedSettings } from '../domain/configuration.ts';
import type { Container } from '../domain/container.ts';
import { DeployError } from '../domain/errors.ts';
import { configurationOf, type JournalEntry, remember, unfinished } from '../domain/journal.ts';
import { type Layout, type ServiceName, servicesOfSlot } from '../domain/layout.ts';
import { mapValues } from '../domain/map-values.ts';
import type { Ports } from '../ports/index.ts';
import { isAnswer } from '../run/retries.ts';
import type { ContainerStatus, DeployStatus, StatusPart } from './deploy-status.ts';
import { pageOf } from './page.ts';

export interface StatusRequest {
  readonly ports: Pick<Ports, 'engine' | 'router' | 'ledger' | 'clock'>;
  readonly layout: Layout;
  /** What a deployment would ask of the project; resolves to warnings. */
  readonly check: () => Promise<readonly string[]>;
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds that a part may take. */
const PART_TIMEOUT = 15_000;

/**
 * Reads every part separately, so that one that fails does not hide the others.
 *
 * @throws DeployError `engine-unreachable` when neither the engine nor the router answers
 */
export async function readStatus({ ports, layout, check, signal }: StatusRequest): Promise<DeployStatus> {
  const { engine, router, ledger, clock } = ports;
  const read = async <T>(part: StatusPart, work: () => Promise<T>): Promise<Read<T>> => {
    try {
      return { part, value: await bounded({ timeout: PART_TIMEOUT, signal, clock }, work) };
    } catch (error) {
      signal?.throwIfAborted();
      return { part, error };
    }
  };
  const parts = await Promise.all([
    read('project', async () => {
      const warnings = await check();
      return { warnings, configuration: await engine.configuration() };
    }),
    read('containers', () => engine.observe()),
    read('router', () => router.observe()),
    read('lock', () => ledger.holder()),
    read('journal', () => ledger.read()),
  ]);
  const [project, containers, state, lock, journal] = parts;
  if (isSilent(containers) && isSilent(state)) throw nothingAnswers(containers.error, state.error);
  const of = (...services: readonly ServiceName[]) => containersOf(services, containers.value);
  const left = unfinished(journal.value ?? []);
  const status = {
    live: state.value?.live,
    stored: state.value?.stored,
    ...(state.value?.instances && { instances: state.value.instances }),
    slots: mapValues(layout.slots, (_, slot) => {
      const { up, sessions } = state.value?.slots[slot] ?? {};
      const services = servicesOfSlot(layout, slot);
      return { services, containers: of(...services), up, sessions };
    }),
    background: mapValues(layout.background, (_, service) => ({ service, containers: of(service) })),
    holder: lock.value,
    unfinished: left?.release.id,
    undeployed: undeployedIn(project.value?.configuration, containers.value, journal.value),
    kept: keptRelease(containers.value, journal.value),
    problems: parts.flatMap(({ part, error }) =>
      error === undefined ? [] : [{ part, reason: messageOf(error) }],
    ),
    warnings: project.value?.warnings ?? [],
  };
  const isGoingBack = remember(journal.value ?? []).direction === 'back';
  return { ...status, toString: () => pageOf(status, left && { ...left, isGoingBack }) };
}

function undeployedIn(
  project: Configuration | undefined,
  containers: readonly Container[] | undefined,
  journal: readonly JournalEntry[] | undefined,
): readonly string[] | undefined {
  if (!project || !containers || !journal) return undefined;
  const noted = configurationOf(journal);
  const services = [...new Set(containers.map(({ service }) => service))];
  return services.flatMap((service) =>
    changedSettings(noted[service], project[service]).map((setting) => `${service}: ${setting}`),
  );
}

function keptRelease(
  containers: readonly Container[] = [],
  journal: readonly JournalEntry[] = [],
): string | undefined {
  const id = containers.find(({ kept }) => kept !== undefined)?.kept;
  const found = journal.findLast((entry) => entry.type === 'intent' && entry.intent.release.kept === id);
  return id !== undefined && found?.type === 'intent' ? found.intent.release.id : id;
}

interface Read<T> {
  readonly part: StatusPart;
  readonly value?: T;
  readonly error?: unknown;
}

const isSilent = ({ error }: Read<unknown>): boolean => error !== undefined && !isAnswer(error);

const nothingAnswers = (engine: unknown, router: unknown): DeployError =>
  new DeployError(
    'engine-unreachable',
    {
      doing: 'reading how things stand',
      found: `the engine: ${messageOf(engine)}; the router: ${messageOf(router)}`,
      wanted: 'an answer of one of them',
      fix: 'see that this is the right host, that both are up, and that this user may reach them',
    },
    { cause: engine },
  );

const containersOf = (services: readonly ServiceName[], containers: readonly Container[] | undefined) =>
  containers
    ?.filter(({ service }) => services.includes(service))
    .map((container): ContainerStatus => {
      const { service, name, imageName: image, running, health, restarts } = container;
      return { service, name, image, running, state: stateOf(container), health, restarts };
    });

function stateOf({ running, restarting, paused, exitCode }: Container): string {
  if (!running) return `exited with code ${exitCode}`;
  return restarting ? 'restarting' : paused ? 'paused' : 'running';
}
