import { type AdapterOptions, handlerOf } from './adapters/options.ts';
import type { Health } from './health/create-health.ts';
import type { NodeHandler } from './health/handlers.ts';

export type { AdapterOptions };

/** The endpoints as a middleware of express (4 and 5) or connect: `app.use(expressHealth(health))`, before all else. */
export const expressHealth = (health: Health, options: AdapterOptions = {}): NodeHandler =>
  handlerOf(health, options);
