import { randomUUID } from 'node:crypto';
import { bounded, systemClock } from '@cutover/internal';
import type { StepSummary, StopVerdict } from './domain/events.ts';
import { type HistoryEntry, historyOf } from './domain/history.ts';
import type { Outcome } from './domain/intent.ts';
import type { SlotName } from './domain/layout.ts';
import type { Release } from './domain/release.ts';
import { currentRelease, type ReleaseRequest, releaseBefore, resolveRelease } from './intent/release.ts';
import { authorOf } from './ledger/author.ts';
import { type BlueGreenOptions, readSettings, type Settings } from './options/options.ts';
import type { Ports } from './ports/index.ts';
import { listeners } from './report/listeners.ts';
import { warningsOnce } from './report/warnings.ts';
import type { Order } from './run/conduct.ts';
import { type DeployResult, deployRelease, planRelease, resumeDeployment } from './run/deployment.ts';
import { preflight, requestOf } from './run/preflight.ts';
import { untouched } from './run/untouched.ts';
import type { DeployStatus } from './status/deploy-status.ts';
import { readStatus } from './status/status.ts';

export interface LookOptions {
  /** Aborts the call at once, which then throws `interrupted`. */
  signal?: AbortSignal;
}

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
  /** What is no reason to refuse it, and people should know. */
  readonly warnings: readonly string[];
  /** Warnings, reasons and steps in words. */
  toString(): string;
}

export interface Deployment {
  /**
   * What `deploy` would do now; pulls the image as `deploy` would, and changes nothing else.
   *
   * @throws DeployError
   */
  plan(release: ReleaseRequest, options?: LookOptions): Promise<Plan>;
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
   * Brings the release live that ran before the one that runs, or the one called `to`; never one that was rolled back
   * from. A deployment that was left half-way is undone: a single switch while its old slot is warm. Throws as `deploy`
   * does; `no-previous-release` where there is none.
   */
  rollback(options?: DeployOptions & { to?: string }): Promise<DeployResult>;
  /**
   * Finishes or undoes what a dead process left: `deployed` or `reverted`; undefined when nothing was left. Throws as
   * `deploy` does. A script that returns `reverted` to `runScript` ends with exit code 1.
   */
  resume(options?: DeployOptions): Promise<Outcome | undefined>;
  /** The latest deployments, oldest first: who, when, what, how it ended and why. */
  history(): Promise<readonly HistoryEntry[]>;
  /**
   * What runs now; changes nothing. It works while parts of the system are broken: a part that cannot be read within
   * 15 000 ms is listed in `problems` and its values are undefined. `String(await status())` is a page for people.
   *
   * @throws DeployError `engine-unreachable` when neither the engine nor the router answers; `interrupted`
   */
  status(options?: LookOptions): Promise<DeployStatus>;
}

/**
 * Deployments of one application in two slots: no request lost, no job cut before its grace, never two of an
 * exclusive service, all-new or all-old at the end.
 *
 * @throws DeployError `invalid-options`
 */
export function blueGreen(options: BlueGreenOptions): Deployment {
  const settings = readSettings(options);
  /** Preflight and `look`, which change nothing and can be abandoned at any moment. */
  const looking = <T>(
    signal: AbortSignal | undefined,
    look: (signal: AbortSignal, warnings: readonly string[]) => Promise<T>,
  ) =>
    bounded({ timeout: Infinity, signal }, async (inner) => {
      const warnings = await preflight(settings);
      return look(inner, warnings);
    });
  const resolve = (request: ReleaseRequest) => (signal: AbortSignal) =>
    resolveRelease(contextOf(settings).ports, settings.layout, request, signal);
  const ordered = (
    kind: Order['kind'],
    signal: AbortSignal | undefined,
    find: (signal: AbortSignal) => Promise<Release>,
    slot?: SlotName,
  ) =>
    untouched(doing[kind], { signal }, async () => {
      const warn = warningsOnce(contextOf(settings).ports.emit);
      const release = await looking(signal, (inner, warnings) => {
        warn(warnings);
        return find(inner);
      });
      const result = await reported(settings, { kind, release, slot, signal });
      // Another folder's env file may differ from ours only now that the deployment has written its images.
      warn(await preflight(settings).catch(() => []));
      return result;
    });
  return {
    plan: (request, { signal } = {}) =>
      untouched('planning', { signal }, () =>
        looking(signal, async (inner, warnings) => {
          const order = { kind: 'deploy', release: await resolve(request)(inner) } as const;
          const { target, because, steps } = await planRelease(contextOf(settings), order);
          const text = [
            ...warnings.map((warning) => `warning: ${warning}`),
            ...because.map((reason) => `because ${reason}`),
            ...steps.map(({ text }) => text),
          ];
          return {
            release: order.release.id,
            target,
            because,
            steps,
            warnings,
            toString: () => text.join('\n'),
          };
        }),
      ),
    deploy: (request, { signal, slot } = {}) => ordered('deploy', signal, resolve(request), slot),
    refresh: ({ signal } = {}) =>
      ordered('deploy', signal, (inner) => currentRelease(contextOf(settings).ports, settings.layout, inner)),
    rollback: ({ to, signal } = {}) =>
      ordered('rollback', signal, (inner) => releaseBefore(contextOf(settings).ports, { to, signal: inner })),
    resume: ({ signal } = {}) =>
      untouched('resuming', { signal }, async () => {
        await looking(signal, async (_, warnings) => warningsOnce(contextOf(settings).ports.emit)(warnings));
        return resumeDeployment(contextOf(settings), signal);
      }),
    history: async () => {
      await preflight(settings);
      return historyOf(await settings.project.ledger().read());
    },
    status: ({ signal } = {}) =>
      untouched('reading how things stand', { signal }, () => {
        const { ports } = contextOf(settings);
        const { project, router, layout } = settings;
        return readStatus({
          ports,
          layout,
          check: () => project.preflight(requestOf(layout, router)),
          signal,
        });
      }),
  };
}

const doing = { deploy: 'deploying', rollback: 'rolling back' };

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
    date: () => new Date().toISOString(),
    author: () => authorOf(process.env),
    emit,
  };
  return { settings, ports };
}
