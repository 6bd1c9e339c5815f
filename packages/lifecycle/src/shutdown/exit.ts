import type { Host } from '../host.ts';
import { exitCaller } from './call-site.ts';
import type { Step } from './phases.ts';
import type { StepResult } from './types.ts';

/** Listens for the end of the process before other listeners; returns a function that removes the listener. */
export function listenForExit(host: Host, onExit: (code: number) => void): () => void {
  host.prependListener('exit', onExit);
  return () => void host.off('exit', onExit);
}

/** A step that was not done when the process ended. */
export function cutStep({ name, phase, pending }: Step): StepResult {
  const note = pending?.();
  return { name, phase, outcome: 'cut', duration: 0, ...(note === undefined ? {} : { note }) };
}

/** What ended the process instead of the shutdown; call it in an `exit` listener. */
export function exitStep(code: number): StepResult {
  const caller = exitCaller();
  const note = caller ? `called with ${code} at ${caller}` : `nothing was left to wait for, code ${code}`;
  return {
    name: caller ? 'process.exit()' : 'event loop',
    phase: 'drain',
    outcome: 'cut',
    duration: 0,
    note,
  };
}
