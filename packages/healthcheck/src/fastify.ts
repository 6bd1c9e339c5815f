import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AdapterOptions, handlerOf } from './adapters/options.ts';
import type { Health } from './health/create-health.ts';

export type { AdapterOptions };

/** The needed part of a fastify instance. */
export interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (request: { raw: IncomingMessage }, reply: FastifyReplyLike, done: () => void) => void,
  ): unknown;
}

export interface FastifyReplyLike {
  readonly raw: ServerResponse;
  hijack(): unknown;
}

/**
 * The endpoints for fastify: `fastifyHealth(fastify, health)`, before routes are added. They are answered before any
 * other hook, so the application's authentication and rate limits do not apply to them.
 */
export function fastifyHealth(fastify: FastifyLike, health: Health, options: AdapterOptions = {}): void {
  const handler = handlerOf(health, options);
  fastify.addHook('onRequest', (request, reply, done) => {
    let isOurs = true;
    handler(request.raw, reply.raw, () => {
      isOurs = false;
    });
    if (isOurs) reply.hijack();
    else done();
  });
}
