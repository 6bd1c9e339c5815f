import { randomUUID } from 'node:crypto';
import { systemClock } from '@cutover/internal';
import type { StepSummary, StopVerdict } from './domain/events.ts';
import type { Outcome } from './domain/intent.ts';
import { gracePeriods, imageSettings, type SlotName } from './domain/layout.ts';
import type { Ports } from './ports/index.ts';
import { listeners } from './report/listeners.ts';
import type { Order } from './run/conduct.ts';
import { type DeployResult, deployRelease, planRelease, resumeDeployment } from './run/deployment.ts';
import { type BlueGreenOptions, readSettings, type Settings } from './run/options.ts';
import { currentRelease, earlierRelease, type ReleaseRequest, resolveRelease } from './run/release.ts';
import { type DeployStatus, readStatus } from './run/status.ts';

export interface DeployOptions {
  /** Stops the deployment: before the switch it goes back, after it the services come up and the rest is left. */
  signal?: AbortSignal;
}

/** What a deployment would do, in order. */
export interface Plan {
  readonly release: string;
  readonly target: SlotName;
  /** Why there is something to do: images that differ, the names of settings that have changed. */
  readonly because: readonly string[];
  readonly steps: readonly StepSummary[];
  /** The reasons and the steps in words. */
  toString(): string;
}

export interface Deployment {
  /** What `deploy` would do now; pulls the image if the engine lacks it, and changes nothing else. */
  plan(release: ReleaseRequest): Promise<Plan>;
  /**
   * Brings the release live. Also finishes or undoes first what a dead process left.
   *
   * @throws DeployError; `facts.outcome` says how things stand: `unchanged`, `reverted` or `unfinished`
   */
  deploy(release: ReleaseRequest, options?: DeployOptions & { slot?: SlotName }): Promise<DeployResult>;
  /**
   * Deploys what runs now with the configuration as it is now, through the idle slot; `unchanged` where that is the same.
   * Throws as `deploy` does.
   */
  refresh(options?: DeployOptions): Promise<DeployResult>;
  /**
   * Brings the release live that ran before the latest deployment. One that was left half-way is undone: a single
   * switch while its old slot is warm. Throws as `deploy` does.
   */
  rollback(options?: DeployOptions): Promise<DeployResult>;
  /**
   * Finishes or undoes what a dead process left: `deployed` or `reverted`; undefined when nothing was left. Throws as
   * `deploy` does. A script that returns `reverted` to `runScript` ends with exit code 1.
   */
  resume(options?: DeployOptions): Promise<Outcome | undefined>;
  /** What runs now. Changes nothing. */
  status(): Promise<DeployStatus>;
}

/**
 * Deployments of one application in two slots: no request lost, no job cut before its grace, never two of an
 * exclusive service, all-new or all-old at the end.
 *
 * @throws DeployError `invalid-options`
 */
export function blueGreen(options: BlueGreenOptions): Deployment {
  const settings = readSettings(options);
  const resolve = async (request: ReleaseRequest, signal?: AbortSignal) => {
    await preflight(settings);
    return resolveRelease(settings.project, settings.layout, request, signal);
  };
  return {
    plan: async (request) => {
      const release = await resolve(request);
      const { target, because, steps } = await planRelease(contextOf(settings), { kind: 'deploy', release });
      const text = [...because.map((reason) => `because ${reason}`), ...steps.map(({ text }) => text)];
      return { release: release.id, target, because, steps, toString: () => text.join('\n') };
    },
    deploy: async (request, { signal, slot } = {}) => {
      const release = await resolve(request, signal);
      return reported(settings, { kind: 'deploy', release, slot, signal });
    },
    refresh: async ({ signal } = {}) => {
      await preflight(settings);
      const release = await currentRelease(contextOf(settings).ports, settings.layout, signal);
      return reported(settings, { kind: 'deploy', release, signal });
    },
    rollback: async ({ signal } = {}) => {
      await preflight(settings);
      const release = await earlierRelease(contextOf(settings).ports, signal);
      return reported(settings, { kind: 'rollback', release, signal });
    },
    resume: async ({ signal } = {}) => {
      await preflight(settings);
      return resumeDeployment(contextOf(settings), signal);
    },
    status: async () => {
      await preflight(settings);
      return readStatus(contextOf(settings).ports, settings.layout);
    },
  };
}

/** Everything that must hold before anything changes. */
async function preflight({ project, router, layout }: Settings): Promise<void> {
  const { slots, background } = layout;
  const exclusive = Object.keys(background).filter((service) => background[service]?.exclusive);
  const slotServices = Object.values(slots).map(({ service }) => service);
  const settings = imageSettings(layout);
  await project.preflight({
    services: Object.keys(settings),
    single: [...slotServices, ...exclusive],
    settings: Object.values(settings),
    graces: gracePeriods(layout),
  });
  await router.preflight(Object.keys(slots));
}

async function reported(settings: Settings, order: Order): Promise<DeployResult> {
  const stops: StopVerdict[] = [];
  const context = contextOf(settings, (stop) => stops.push(stop));
  const begun = systemClock.now();
  const done = await deployRelease(context, order);
  return { ...done, release: order.release.id, duration: systemClock.now() - begun, stops };
}

function contextOf(settings: Settings, onStop: (stop: StopVerdict) => void = () => {}) {
  const { project, router, onEvent } = settings;
  const emit = listeners(onEvent, (event) => event.type === 'stopped' && onStop(event.stop));
  const ports: Ports = {
    engine: project,
    router,
    ledger: project.ledger(),
    clock: systemClock,
    newId: () => randomUUID().slice(0, 8),
    emit,
  };
  return { settings, ports };
}
