import type { Intent, Outcome, ServiceName, SlotName, Step } from './core/model.ts';

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

/** Everything that a deployment tells, in order. */
export type DeployEvent =
  | { readonly type: 'deploying'; readonly intent: Intent; readonly resumed: boolean }
  | { readonly type: 'unchanged'; readonly release: string; readonly live: SlotName }
  | { readonly type: 'step'; readonly step: Step }
  | { readonly type: 'done'; readonly step: Step; readonly duration: number }
  | { readonly type: 'failed'; readonly step: Step; readonly duration: number; readonly reason: string }
  | { readonly type: 'progress'; readonly step: Step; readonly note: string }
  | { readonly type: 'stopped'; readonly stop: StopVerdict }
  | { readonly type: 'undoing'; readonly reason: string }
  | { readonly type: 'output'; readonly container: string; readonly lines: readonly string[] }
  | { readonly type: 'ended'; readonly outcome: Outcome; readonly duration: number };
