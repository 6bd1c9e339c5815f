import type { Health } from '../domain/container.ts';
import type { ServiceName, SlotName } from '../domain/layout.ts';
import type { Holder } from '../ports/index.ts';

export interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly running: boolean;
  /** In words: `running`, `restarting`, `paused`, `exited with code 1`. */
  readonly state: string;
  readonly health: Health;
  readonly restarts: number;
}

export interface ServiceStatus {
  readonly service: ServiceName;
  /** Undefined where the engine could not be asked. */
  readonly containers: readonly ContainerStatus[] | undefined;
}

export interface SlotStatus extends ServiceStatus {
  /** The router's own check of it passes; undefined where the router could not be asked. */
  readonly up: boolean | undefined;
  /** Requests and tunnels in flight; undefined likewise. */
  readonly sessions: number | undefined;
}

/** What a status is put together from; `project` is what a deployment would refuse the project for. */
export type StatusPart = 'project' | 'containers' | 'router' | 'lock' | 'journal';

/** A part that could not be read, or that a deployment would refuse. */
export interface StatusProblem {
  readonly part: StatusPart;
  readonly reason: string;
}

/** What runs now, as engine and router say. Each part is read by itself: what cannot be read is among the problems. */
export interface DeployStatus {
  /** Undefined where the router could not be asked. */
  readonly live: SlotName | undefined;
  /** The slot that a restarted router would choose; different from `live` only in the middle of a deployment. */
  readonly stored: SlotName | undefined;
  readonly slots: Readonly<Record<SlotName, SlotStatus>>;
  readonly background: Readonly<Record<ServiceName, ServiceStatus>>;
  /** Who deploys at this moment; undefined also where the part `lock` is a problem. */
  readonly holder: Holder | undefined;
  /** The release of a deployment that never ended; undefined also where the part `journal` is a problem. */
  readonly unfinished: string | undefined;
  /** Empty when all is well. */
  readonly problems: readonly StatusProblem[];
  /** All of it as a page for people, with what to do next. */
  toString(): string;
}
