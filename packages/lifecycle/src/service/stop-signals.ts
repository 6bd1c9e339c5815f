import { constants } from 'node:os';
import type { Host } from '../host.ts';

const STOPPING = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;
/** Forwarded every time: programs define their meaning. */
const PASSING = ['SIGHUP', 'SIGUSR2'] as const;

/** The signals of a container's entry point, from its start on. */
export interface StopSignals extends Disposable {
  /** Aborts with the first stop signal; the reason is its name. */
  readonly signal: AbortSignal;
  /** Receives the other signals. */
  onOther: (name: NodeJS.Signals) => void;
}

export function listenForStop(host: Pick<Host, 'on' | 'off'>): StopSignals {
  const controller = new AbortController();
  const signals: StopSignals = {
    signal: controller.signal,
    onOther: () => {},
    [Symbol.dispose]: () => {
      for (const [name, listener] of listeners) host.off(name, listener);
    },
  };
  const listeners = [
    ...STOPPING.map((name) => [name, () => controller.abort(name)] as const),
    ...PASSING.map((name) => [name, () => signals.onOther(name)] as const),
  ];
  for (const [name, listener] of listeners) host.on(name, listener);
  return signals;
}

/** The exit code of a process that a signal ended, as shells and Docker show it. */
export const exitCodeOf = (name: NodeJS.Signals): number => 128 + constants.signals[name];
