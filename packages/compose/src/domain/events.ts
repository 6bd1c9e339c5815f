import type { CheckOutput } from './container.ts';
import type { Intent, Outcome } from './intent.ts';
import type { ServiceName, SlotName } from './layout.ts';

/** A step of a deployment, as plans, reports and errors show it. */
export interface StepSummary {
  /** Its kind: `job`, `start`, `gate`, `verify`, `stop`, `remove`, `switch`, `close`, `persist`, `drain`, `watch`, `finish`. */
  readonly do: string;
  /** It in words: `switch traffic from blue to green`. */
  readonly text: string;
  /** The slot that it is about; of a switch, the one that gets the traffic. */
  readonly slot?: SlotName;
  readonly services?: readonly ServiceName[];
}

/** How a container ended that was told to stop. */
export interface StopVerdict {
  readonly service: ServiceName;
  readonly container: string;
  /** `killed`: it was still running when its grace was over. */
  readonly verdict: 'clean' | 'killed' | 'already gone';
  readonly exitCode: number;
  /** Milliseconds from the request to the exit. */
  readonly duration: number;
}

/** Layers of an image: how many are on the engine already, of those that are known of so far. */
export interface Layers {
  readonly done: number;
  readonly total: number;
}

/** Everything that a deployment tells, in order. */
export type DeployEvent =
  /** What is no reason to refuse a deployment, and people should know. */
  | { readonly type: 'warning'; readonly text: string }
  | { readonly type: 'pulling'; readonly image: string; readonly layers: Layers }
  | { readonly type: 'pulled'; readonly image: string; readonly duration: number }
  | {
      readonly type: 'pull-failed';
      readonly image: string;
      readonly duration: number;
      readonly reason: string;
    }
  | { readonly type: 'deploying'; readonly intent: Intent; readonly resumed: boolean }
  | { readonly type: 'unchanged'; readonly release: string; readonly live: SlotName }
  | { readonly type: 'step'; readonly step: StepSummary }
  | { readonly type: 'done'; readonly step: StepSummary; readonly duration: number }
  | {
      readonly type: 'failed';
      readonly step: StepSummary;
      readonly duration: number;
      /** The finding only; the error has the full message. */
      readonly reason: string;
    }
  | { readonly type: 'progress'; readonly step: StepSummary; readonly note: string }
  | { readonly type: 'stopped'; readonly stop: StopVerdict }
  | { readonly type: 'undoing'; readonly reason: string }
  | {
      /** The end of the output of a container that failed; `check` if it has a health check that has run. */
      readonly type: 'output';
      readonly container: string;
      readonly lines: readonly string[];
      readonly check?: CheckOutput | undefined;
    }
  | { readonly type: 'ended'; readonly outcome: Outcome; readonly duration: number };
