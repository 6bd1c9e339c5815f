import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AdapterOptions, handlerOf } from './adapters/options.ts';
import type { Health } from './health/create-health.ts';

export type { AdapterOptions };

/** What is needed of koa's context. */
export interface KoaContext {
  req: IncomingMessage;
  res: ServerResponse;
  respond?: boolean | undefined;
}

/** The endpoints as a middleware of koa: `app.use(koaHealth(health))`, before all else. */
export function koaHealth(
  health: Health,
  options: AdapterOptions = {},
): (context: KoaContext, next: () => Promise<unknown>) => Promise<unknown> {
  const handler = handlerOf(health, options);
  return async (context, next) => {
    let isOurs = true;
    handler(context.req, context.res, () => {
      isOurs = false;
    });
    if (!isOurs) return next();
    context.respond = false;
    return undefined;
  };
}
