import { type AdapterOptions, fetchOf } from './adapters/options.ts';
import type { Health } from './health/create-health.ts';

export type { AdapterOptions };

/** What is needed of hono's context. */
export interface HonoContext {
  readonly req: { readonly raw: Request };
}

/** The endpoints as a middleware of hono: `app.use(honoHealth(health))`, before all else. */
export const honoHealth =
  (health: Health, options: AdapterOptions = {}) =>
  async (context: HonoContext, next: () => Promise<void>): Promise<Response | undefined> => {
    const answer = await fetchOf(health, options)(context.req.raw);
    // A path that gets a 404 here may be one of the application, which then answers itself.
    if (answer.status !== 404) return answer;
    await next();
    return undefined;
  };
