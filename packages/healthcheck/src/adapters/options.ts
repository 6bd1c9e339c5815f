import type { Health } from '../health/create-health.ts';
import type { NodeHandler } from '../health/handlers.ts';

export interface AdapterOptions {
  /** Shows details, `deep` and metrics to everybody: for a listener that only trusted callers reach. Default false. */
  private?: boolean;
}

export const handlerOf = (health: Health, options: AdapterOptions): NodeHandler =>
  options.private ? health.privateHandler : health.handler;

export const fetchOf = (health: Health, options: AdapterOptions): Health['fetch'] =>
  options.private ? health.privateFetch : health.fetch;
