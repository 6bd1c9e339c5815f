import { channel } from 'node:diagnostics_channel';
import { ignoringErrors } from '@cutover/internal';
import type { DeployEvent } from '../domain/events.ts';

/** Every event goes here as well, for tracing and audit: subscribe with `node:diagnostics_channel`. */
export const DEPLOY_CHANNEL = 'cutover:deploy';

/** One function that tells all listeners; what a listener throws is its own affair. */
export function listeners(...heard: readonly ((event: DeployEvent) => void)[]): (event: DeployEvent) => void {
  const published = channel(DEPLOY_CHANNEL);
  const all = heard.map(ignoringErrors);
  return (event) => {
    published.publish(event);
    for (const tell of all) tell(event);
  };
}
