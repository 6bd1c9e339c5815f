/** What the core knows and says, as data. Nothing here does anything. */

/** `blue`, `green`: one of the two places a version of the API can run. */
export type SlotName = string;
/** A service of the Compose file. */
export type ServiceName = string;

/** An image, resolved once: `ref` is what Compose is given (a digest), `id` is what a container of it shows. */
export interface Image {
  readonly name: string;
  readonly ref: string;
  readonly id: string;
}

/** What is deployed: an image for the slots and one for each background service. */
export interface Release {
  readonly id: string;
  readonly slot: Image;
  readonly background: Readonly<Record<ServiceName, Image>>;
}

export interface Slot {
  readonly service: ServiceName;
  /** The Compose variable that holds its image. */
  readonly image: string;
  /** Milliseconds between SIGTERM and SIGKILL; undefined for what its container was created with. */
  readonly gracePeriod?: number | undefined;
}

export interface Background {
  /** The Compose variable that holds its image. */
  readonly image: string;
  readonly gracePeriod?: number | undefined;
  /** Never two at a time. */
  readonly exclusive: boolean;
}

/** The services that are deployed together; fixed for the life of a `blueGreen()`. */
export interface Layout {
  readonly slots: Readonly<Record<SlotName, Slot>>;
  readonly background: Readonly<Record<ServiceName, Background>>;
}

export type Health = 'none' | 'starting' | 'healthy' | 'unhealthy';

/** A container of the project as the engine reports it. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly service: ServiceName;
  /** Id of its image. */
  readonly image: string;
  /** The image reference it was created from, for people. */
  readonly imageName: string;
  readonly running: boolean;
  /** Between two lives: it has ended, and the engine is about to start it again. It counts as running meanwhile. */
  readonly restarting?: boolean | undefined;
  /** Its processes are frozen: it runs, and answers nothing. */
  readonly paused?: boolean | undefined;
  readonly health: Health;
  /** When it was last started, as the engine writes it: each start is a new life. */
  readonly startedAt: string;
  /** How often the engine restarted it. */
  readonly restarts: number;
  readonly exitCode: number;
  /** Milliseconds of grace that it was created with; undefined for the engine's own default. */
  readonly stopTimeout?: number | undefined;
  /** Its addresses on the networks of the project. */
  readonly addresses: readonly string[];
}

export interface RouterSlot {
  /** The router's own check of it passes. */
  readonly up: boolean;
  /**
   * Up, and by checks that passed since it came up; default `up`. A server whose address has just been found counts as
   * up before its first check.
   */
  readonly settled?: boolean | undefined;
  /** Requests and tunnels in flight. */
  readonly sessions: number;
  /** Where the router sends its traffic, when it says so. */
  readonly address?: string | undefined;
  /**
   * The router sends it new traffic as soon as it is up, also while it is not the live slot. Left out by a router that
   * names one slot only, as a map does.
   */
  readonly open?: boolean | undefined;
}

export interface RouterState {
  /** The slot that takes traffic now; where none can, the one that is meant to. */
  readonly live: SlotName;
  /** The slot that a restarted router would choose. */
  readonly stored: SlotName | undefined;
  readonly slots: Readonly<Record<SlotName, RouterSlot>>;
}

/** The outside world at one moment. */
export interface Observation {
  readonly containers: readonly Container[];
  readonly router: RouterState;
}

/** What a deployment wants; written to the ledger before its first effect. */
export interface Intent {
  readonly id: string;
  readonly kind: 'deploy' | 'rollback';
  /** The slot that gets the release. */
  readonly target: SlotName;
  /** The slot that had the traffic when it began; equal to `target` when the release was live already. */
  readonly origin: SlotName;
  readonly release: Release;
  /** What ran before, for the undo and for a later rollback; parts of it may be missing. */
  readonly previous: {
    readonly id: string;
    readonly slot?: Image;
    /** The life of its container, which needs no proof: it had the traffic. */
    readonly life?: string;
    readonly background: Release['background'];
  };
  /** How many containers each background service had; one that had none is scaled as the Compose file says. */
  readonly replicas: Readonly<Record<ServiceName, number>>;
}

/** What cannot be observed, only remembered: intents and decisions, each written before its effect. */
export type JournalEntry =
  | { readonly type: 'acquired'; readonly purpose: string; readonly host: string; readonly pid: number }
  | { readonly type: 'intent'; readonly intent: Intent }
  | { readonly type: 'stopping'; readonly containers: readonly string[] }
  | { readonly type: 'switching'; readonly to: SlotName; readonly lives: readonly string[] }
  | { readonly type: 'undo'; readonly reason: string }
  | { readonly type: 'outcome'; readonly outcome: Outcome };

/** How a deployment ended: all-new or all-old. */
export type Outcome = 'deployed' | 'reverted';

/** What the journal says of the deployment that is under way. */
export interface Remembered {
  readonly direction: 'forward' | 'back';
  /** Lives of containers that were sent their one SIGTERM. */
  readonly stopping: ReadonlySet<string>;
  /** Lives of the containers that the traffic was last sent to: what runs there later under another life has restarted. */
  readonly routed: ReadonlySet<string>;
}

/** What this process has seen proven. A successor proves it again, so it is kept nowhere. */
export interface Proofs {
  /** Containers that it started: one of these that has ended is a failure, any other is a leftover. */
  readonly started: ReadonlySet<string>;
  /** Lives of containers that passed the gate, or were verified. */
  readonly proven: ReadonlySet<string>;
  readonly drained: ReadonlySet<string>;
  /** The new slot has had the traffic, and was well, for as long as it is watched. */
  readonly watched: boolean;
}

export interface Situation extends Observation {
  readonly layout: Layout;
  readonly intent: Intent;
  readonly progress: Remembered & Proofs;
}

export interface StartOrder {
  readonly service: ServiceName;
  readonly image: Image;
  /** Default: what the Compose file says. */
  readonly replicas: number | undefined;
}

/** One thing to do next. Each has a post-condition that can be observed or is journaled, and is safe to repeat. */
export type Step =
  | { readonly do: 'start'; readonly orders: readonly StartOrder[] }
  | { readonly do: 'gate'; readonly slot: SlotName; readonly container: Container }
  | { readonly do: 'verify'; readonly containers: readonly Container[] }
  | { readonly do: 'stop'; readonly containers: readonly Container[] }
  | { readonly do: 'remove'; readonly containers: readonly Container[] }
  | { readonly do: 'switch'; readonly to: SlotName; readonly from: SlotName }
  | { readonly do: 'close'; readonly slot: SlotName }
  | { readonly do: 'persist'; readonly slot: SlotName }
  | { readonly do: 'drain'; readonly slot: SlotName; readonly container: Container }
  | { readonly do: 'watch'; readonly slot: SlotName; readonly container: Container }
  | { readonly do: 'finish'; readonly outcome: Outcome };
