import type { Clock } from '@cutover/internal';
import type { Configuration, Kept } from '../domain/configuration.ts';
import type { CheckOutput, Container } from '../domain/container.ts';
import type { DeployEvent, Layers } from '../domain/events.ts';
import type { Author } from '../domain/intent.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { RoleName, ServiceName, SlotName } from '../domain/layout.ts';
import type { Image } from '../domain/release.ts';
import type { RouterState } from '../domain/router-state.ts';
import type { Traffic } from '../domain/traffic.ts';

/** Everything outside: the real ones are in `engine/`, `router/` and `ledger/`. */
export interface Ports {
  readonly engine: Engine;
  readonly router: Router;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly newId: () => string;
  /** ISO 8601, for people only. */
  readonly date: () => string;
  readonly author: () => Author;
  readonly emit: (event: DeployEvent) => void;
}

/** What runs containers. Every container is named by its full id, so that a successor of the same name is never hit. */
export interface Engine {
  /** Name of the project, for people and for the ledger. */
  project(): Promise<string>;
  /** Lock and journal of the project, kept where what they guard runs. */
  ledger(): Ledger;
  /**
   * Proves, without a change, that the engine answers and that the services can be deployed. Resolves to warnings: what
   * is no reason to refuse a deployment, and people should know; the same finding is the same text each time.
   */
  preflight(request: DeployRequest): Promise<readonly string[]>;
  /** What containers of each service would be created with now, apart from their images; and how many of them. */
  configuration(): Promise<Configuration>;
  /**
   * Keeps the configuration as it is now, without secrets: resolves to what was kept. Its id is the same for the same;
   * undefined where the project keeps none.
   */
  keep(): Promise<Kept | undefined>;
  /** What containers would be created with from what is kept and the secrets of now; undefined where it cannot be read. */
  kept(id: string): Promise<Configuration | undefined>;
  /** Forgets what is kept under other ids. */
  keepOnly(ids: readonly string[]): Promise<void>;
  /** The image of that name, pulled if the engine lacks it or the project wants that always. */
  resolve(name: string, options?: ResolveOptions): Promise<Image>;
  /**
   * The containers of the project, or of some services alone: that does not wait for an engine that is starting others.
   */
  observe(services?: readonly ServiceName[]): Promise<readonly Container[]>;
  /** Writes the images where the engine reads them (setting → reference), atomically. */
  pin(images: Readonly<Record<string, string>>): Promise<void>;
  /** Creates and starts what is missing of these services, all in one go; never recreates what runs. */
  up(orders: readonly UpOrder[], signal?: AbortSignal): Promise<void>;
  /** Creates what is missing of these services and starts nothing. */
  create(orders: readonly UpOrder[]): Promise<void>;
  /**
   * Starts a container unless it has been started already. It gets a name of its own for the start, so that one which a
   * dead process has sent, or which comes twice, finds nothing any more. Asks `confirm` before it starts it.
   */
  startOnce(container: Container, confirm: () => Promise<void>): Promise<void>;
  /** Makes a bare `up` by hand start the services `live` and leave the services `idle` alone. */
  prefer(live: readonly ServiceName[], idle: readonly ServiceName[]): Promise<void>;
  /**
   * Disarms the restart policy, sends SIGTERM once, kills after `gracePeriod` ms; resolves when it has exited. Asks
   * `confirm` between the two: a policy that is still armed proves that no SIGTERM was sent, and that none is on its way.
   */
  stop(container: Container, gracePeriod: number, confirm: () => Promise<void>): Promise<Exit>;
  /** Whether an announced stop reached this life of it; undefined when the engine does not remember enough to say. */
  wasSignalled(container: Container): Promise<Signalled | undefined>;
  /** Waits for the exit of a container that was told to stop before; undefined when it still runs after `limit` ms. */
  awaitExit(container: Container, limit: number): Promise<Exit | undefined>;
  remove(container: Container): Promise<void>;
  /** The end of its output, with the secrets of its environment masked. */
  tail(container: Container, lines: number): Promise<readonly string[]>;
  /** The last result of its health check, masked in the same way; undefined if none has run. */
  lastCheck(container: Container): Promise<CheckOutput | undefined>;
}

export interface ResolveOptions {
  readonly signal?: AbortSignal | undefined;
  /** Hears of a pull, from its start on. */
  readonly onPull?: (layers: Layers) => void;
}

export interface UpOrder {
  readonly service: ServiceName;
  /** How many containers of it. Default: what the project says. */
  readonly replicas?: number | undefined;
  /** The kept configuration that it is created from, the same for all orders. Default: the project as it is. */
  readonly kept?: string | undefined;
}

/** What a deployment will ask of the project. */
export interface DeployRequest {
  readonly services: readonly ServiceName[];
  /** Those of which there is one container at most. */
  readonly single: readonly ServiceName[];
  /** Those that run to their end, and must not be started otherwise. */
  readonly jobs: readonly ServiceName[];
  /** The settings that hold their images. */
  readonly settings: readonly string[];
  /** Those that are off while their slot is idle: by slot. */
  readonly slots: Readonly<Record<SlotName, readonly ServiceName[]>>;
  /** Files that are replaced by rename. */
  readonly files: readonly string[];
  /** Milliseconds of grace that were promised to services, which the project must promise as well. */
  readonly graces: Readonly<Record<ServiceName, number>>;
}

export type Signalled =
  | { readonly signalled: false }
  /** Milliseconds since the signal. */
  | { readonly signalled: true; readonly ago: number };

export interface Exit {
  /** 137 when it was killed. */
  readonly code: number;
  /** False when there was no such container any more. */
  readonly found: boolean;
}

/** What sends traffic to a slot. */
export interface Router {
  /** Files that it replaces by rename, so that a mount of one of them alone would not see the change; default none. */
  readonly files?: readonly string[] | undefined;
  /** Proves, changing nothing, that it can be steered, and knows these slots and each service in them. */
  preflight(slots: readonly SlotName[], roles: readonly RoleName[]): Promise<void>;
  observe(): Promise<RouterState>;
  /**
   * Forgets what was known of a slot without traffic, so that `up` tells of checks from now on: a router is late to
   * notice that a container is gone, and its successor may have the same address.
   */
  warm?(slot: SlotName): Promise<void>;
  /**
   * For who has just got the lock: the router refuses from now on what its former holder may still send. Asks
   * `confirm` at the latest moment at which it can give up. Left out where the router has nothing to check.
   */
  fence?(confirm: () => Promise<void>): Promise<void>;
  /**
   * Sends all new traffic to `to`, without a moment in which no slot takes it; read back before it resolves. Asks
   * `confirm` as {@link fence} does.
   */
  switchTo(to: SlotName, from: SlotName, confirm: () => Promise<void>): Promise<void>;
  /**
   * Closes a slot without traffic to new traffic, so that it takes none when it comes up; read back before it resolves.
   * Left out where only the live slot is ever named.
   */
  close?(slot: SlotName): Promise<void>;
  /** What it has counted of each slot since it started; left out by a router that counts nothing. */
  traffic?(): Promise<Readonly<Record<SlotName, Traffic>>>;
  /** One request through the router; rejects when it is not answered well. */
  probe?(signal: AbortSignal): Promise<void>;
  /** Makes a restarted router choose `slot`. */
  persist(slot: SlotName): Promise<void>;
}

/** Lock and journal. */
export interface Ledger {
  /** Every entry, oldest first. */
  read(): Promise<readonly JournalEntry[]>;
  /** The one lock of the project; rejects with `locked` while a live process has it. */
  acquire(purpose: string): Promise<Lock>;
  /** Who holds the lock now; not one that is known to be dead. */
  holder(): Promise<Holder | undefined>;
}

export interface Holder {
  readonly purpose: string;
  readonly host: string;
  readonly pid: number;
  /** ISO 8601, by the holder's clock; for people only. */
  readonly since: string;
}

export interface Lock {
  /** Rejects with `locked` when another process is known to have taken over; asked before each step. */
  assertHeld(): Promise<void>;
  /** The same, as the engine has it now; asked before what cannot be repeated or named by id. */
  confirm(): Promise<void>;
  append(entry: JournalEntry): Promise<void>;
  /** Drops what no rollback needs any more. */
  prune(): Promise<void>;
  release(): Promise<void>;
}
