import type { Health } from '../domain/container.ts';
import type { ServiceName, SlotName } from '../domain/layout.ts';
import type { Holder } from '../ports/index.ts';

export interface ContainerStatus {
  readonly service: ServiceName;
  readonly name: string;
  readonly image: string;
  readonly running: boolean;
  /** As text: `running`, `restarting`, `paused`, `exited with code 1`. */
  readonly state: string;
  readonly health: Health;
  readonly restarts: number;
}

export interface ServiceStatus {
  readonly service: ServiceName;
  /** Undefined if the engine could not be read. */
  readonly containers: readonly ContainerStatus[] | undefined;
}

export interface SlotStatus {
  readonly services: readonly ServiceName[];
  /** Of all its services; undefined if the engine could not be read. */
  readonly containers: readonly ContainerStatus[] | undefined;
  /** The router's own check of it passes; undefined if the router could not be read. */
  readonly up: boolean | undefined;
  /** Requests and tunnels in flight; undefined in the same case. */
  readonly sessions: number | undefined;
}

/** The parts of a status that are read separately; `project` stands for the checks of the project before a deployment. */
export type StatusPart = 'project' | 'containers' | 'router' | 'lock' | 'journal';

/** A part that could not be read, or that a deployment would refuse. */
export interface StatusProblem {
  readonly part: StatusPart;
  readonly reason: string;
}

/** What runs now, as reported by engine and router. A part that cannot be read is listed in `problems`. */
export interface DeployStatus {
  /** The slot that has the traffic; undefined if the router could not be read, or its instances name different ones. */
  readonly live: SlotName | undefined;
  /** The slot that each instance of the router names, where there are several. */
  readonly instances?: Readonly<Record<string, SlotName | undefined>> | undefined;
  /** The slot that a restarted router would choose; different from `live` only in the middle of a deployment. */
  readonly stored: SlotName | undefined;
  readonly slots: Readonly<Record<SlotName, SlotStatus>>;
  readonly background: Readonly<Record<ServiceName, ServiceStatus>>;
  /** Who deploys at this moment; also undefined if the part `lock` could not be read. */
  readonly holder: Holder | undefined;
  /** The release of a deployment that never ended; also undefined if the part `journal` could not be read. */
  readonly unfinished: string | undefined;
  /**
   * Settings that the project has otherwise than what runs was created with (`cron: environment.LOG_LEVEL`), after an
   * edit or a rollback to what was kept. `refresh()` brings them through the idle slot, a bare `up` by hand at once.
   * Undefined if the project, the engine or the journal could not be read.
   */
  readonly undeployed: readonly string[] | undefined;
  /** The release of which what was kept runs; undefined where everything was created from the project as it was. */
  readonly kept: string | undefined;
  /** Empty when all is well. */
  readonly problems: readonly StatusProblem[];
  /** What a deployment would tell and not refuse; also empty if the part `project` could not be read. */
  readonly warnings: readonly string[];
  /** A page for people, which ends with what to do next. */
  toString(): string;
}
