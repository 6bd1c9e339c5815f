import type { Shape } from './layout.ts';
import type { Way } from './world/router.ts';

/** What can go wrong with one call of the deploying process. `ms` says how late or how long, where that matters. */
export const callFaults = [
  'die-before', // the process is killed before the request is sent
  'die-sent', // … right after: the effect comes, nobody hears of it
  'die-late', // … and the request arrives when somebody else may have taken over
  'freeze', // it is paused (or its machine suspended) before the request is sent
  'freeze-sent', // … right after
  'lose-request',
  'lose-reply',
  'refuse',
  'false-error', // an error although it was done
  'double', // done twice
  'late-apply', // done when the caller has given up
  'late-reply',
  'stale', // the answer is from a while ago
] as const;

/** What the rest of the world does at the moment of that call. */
export const worldFaults = [
  'suspend',
  'engine-restart',
  'host-reboot',
  'prune',
  'prune-notes',
  'new-image-gone',
  'old-image-gone',
  'configuration-changes',
  'replicas-change',
  'disk-full',
  'new-exits-at-once',
  'new-exits-soon',
  'new-never-healthy',
  'new-late-healthy',
  'new-flaps',
  'new-out-of-memory',
  'new-cron-crashes',
  'new-fails-requests',
  'new-crashes', // these six befall the new slot at that moment, wherever the traffic is
  'new-stopped',
  'new-crash-loop',
  'new-frozen',
  'new-paused',
  'new-unhealthy',
  'old-crashes',
  'dependency-down',
  'ignore-term',
  'exit-at-deadline',
  'router-reload',
  'router-restart',
  'router-refuses',
  'router-disagrees',
  'router-late',
  'second-deployer',
  'second-release',
  'second-in-container', // of the same machine, in a pid namespace of its own
  'operator-up',
  'operator-stop-cron',
  'operator-stop-worker',
  'operator-down',
  'operator-restart',
  'operator-signal', // one that does not mean stop
  'interrupt',
  'interrupt-twice',
  'cut-engine',
  'cut-router',
  'cut-instance', // one of two
  'leftover',
  'sink-throws',
  'hook-throws',
  'hook-hangs',
  'slow-clock',
  'fast-clock',
  'job-fails',
  'job-hangs',
] as const;

export type CallFaultKind = (typeof callFaults)[number];
export type WorldFaultKind = (typeof worldFaults)[number];
export type FaultKind = CallFaultKind | WorldFaultKind;

export interface CallFault {
  readonly do: CallFaultKind;
  readonly ms: number;
}

/** `do` happens at one call to the outside of the `run`-th deploying process. */
export interface Fault {
  readonly run: number;
  /**
   * Its number, from 1; or its name, as in `stop cron` or `observe engine (3)` (the third of that name), which a plan
   * keeps when a later version makes more calls or fewer.
   */
  readonly call: number | string;
  readonly do: FaultKind;
  /** Milliseconds, where it lasts or is late. */
  readonly ms: number;
}

/** Whether the latest of these calls is the one that a fault waits for. */
export function isAt({ call }: Fault, calls: readonly { readonly name: string }[]): boolean {
  if (typeof call === 'number') return call === calls.length;
  const [, name, number = '1'] = /^(.*?)(?: \((\d+)\))?$/.exec(call) ?? [];
  return calls.at(-1)?.name === name && calls.filter((made) => made.name === name).length === Number(number);
}

/** The same plan with its calls by name, as the calls of its run tell. */
export const byName = (plan: Plan, calls: readonly (readonly { readonly name: string }[])[]): Plan => ({
  ...plan,
  faults: plan.faults.map((fault) => ({ ...fault, call: nameOf(fault, calls[fault.run - 1] ?? []) })),
});

function nameOf({ call }: Fault, calls: readonly { readonly name: string }[]): Fault['call'] {
  const name = typeof call === 'number' ? calls[call - 1]?.name : undefined;
  if (name === undefined) return call;
  const number = calls.slice(0, Number(call)).filter((made) => made.name === name).length;
  return number > 1 ? `${name} (${number})` : name;
}

/** Everything that decides how a simulation goes: the same plan gives the same run, event for event. */
export interface Plan {
  /** Of latencies, job lengths and the like, as hexadecimal digits. */
  readonly seed: string;
  /** How HAProxy is used; default by a map. */
  readonly way?: Way;
  /** What a slot is made of; default one service with one container. */
  readonly shape?: Shape;
  /** How many HAProxys route by a map; default 1. */
  readonly instances?: 1 | 2 | undefined;
  /** Whether each deployment has jobs; default not. */
  readonly jobs?: boolean | undefined;
  /** Whether failing requests are seen by what the router counts, and not by a request of the deployer; default not. */
  readonly signals?: boolean | undefined;
  /** What each run is: a deployment of the same release, `resume()` or `rollback()`. */
  readonly runs: readonly RunKind[];
  readonly faults: readonly Fault[];
}

export type RunKind = 'deploy' | 'resume' | 'rollback';

/** What befalls a slot while it has the traffic, and nothing else does. */
export const slotFaults = [
  'new-crashes',
  'new-stopped',
  'new-crash-loop',
  'new-frozen',
  'new-paused',
  'new-unhealthy',
] as const satisfies readonly WorldFaultKind[];

const isCallFault = (kind: FaultKind): kind is CallFaultKind =>
  (callFaults as readonly string[]).includes(kind);

export const callFault = ({ do: kind, ms }: Fault): CallFault | undefined =>
  isCallFault(kind) ? { do: kind, ms } : undefined;

/** The faults of reliability-anchors §1.4 by number, so that none is forgotten. */
export const referenceFaults: Readonly<Record<number, readonly FaultKind[]>> = {
  1: ['die-before', 'die-sent', 'die-late'],
  2: ['freeze', 'freeze-sent'],
  3: ['suspend'],
  4: ['lose-request'],
  5: ['lose-reply'],
  6: ['double'],
  7: ['late-apply'],
  8: ['late-reply'],
  9: ['false-error', 'refuse'],
  10: ['stale'],
  11: ['engine-restart'],
  12: ['host-reboot'],
  13: ['new-image-gone', 'old-image-gone'],
  14: ['lose-request'],
  15: ['disk-full'],
  16: ['new-exits-at-once', 'new-exits-soon', 'new-out-of-memory', 'new-cron-crashes'],
  17: ['new-flaps'],
  18: ['new-never-healthy', 'new-late-healthy'],
  19: ['new-fails-requests'],
  20: ['dependency-down'],
  21: ['ignore-term'],
  22: ['exit-at-deadline'],
  23: ['router-reload'],
  24: ['router-restart'],
  25: ['router-refuses'],
  26: ['router-disagrees'],
  27: ['second-deployer', 'second-release'],
  28: ['prune', 'prune-notes'],
  29: ['operator-up', 'operator-down', 'operator-stop-cron', 'operator-stop-worker'],
  30: ['slow-clock', 'fast-clock'],
  31: ['interrupt', 'interrupt-twice'],
  32: ['cut-engine', 'cut-router', 'cut-instance'],
  33: ['leftover'],
  34: ['sink-throws'],
  35: ['hook-throws', 'hook-hangs'],
  // Found on the real stack: it vouches for the next container at the address of one that is gone.
  36: ['router-late'],
  // Found on the real stack: the way back when the new slot dies, and deployers that cannot look each other up.
  37: [...slotFaults, 'old-crashes'],
  38: ['second-in-container'],
  39: ['configuration-changes', 'replicas-change'],
  // What looks like the signal of a deployer among the events of the engine.
  40: ['operator-restart', 'operator-signal'],
  41: ['job-fails', 'job-hangs'],
};
