import type { Container, RouterSlot } from './model.ts';

/** One life of a container. Started again it is a new one: nothing that was proven of it or said to it holds any more. */
export const lifeOf = ({ id, startedAt }: Container): string => `${id}@${startedAt}`;

/** What one look at a candidate found: good, not yet, or never. */
export type Look =
  | { readonly good: true }
  | { readonly good: false; readonly why: string; readonly final?: boolean };

/** Container and router, judged together: pure, so that each rule can be seen and tested alone. */
export function judge(before: Container, now: Container | undefined, router: RouterSlot | undefined): Look {
  if (!now) return { good: false, final: true, why: 'the container is gone' };
  if (!now.running)
    return { good: false, final: true, why: `the container exited with code ${now.exitCode}` };
  if (now.restarting || lifeOf(now) !== lifeOf(before))
    return { good: false, final: true, why: 'the container restarts' };
  if (now.paused) return { good: false, why: 'the container is paused' };
  if (now.health === 'unhealthy') return { good: false, final: true, why: 'its health check says unhealthy' };
  if (now.health === 'starting') return { good: false, why: 'its health check has not passed yet' };
  if (!router?.up) return { good: false, why: 'the router does not see it up yet' };
  if (router.address && !now.addresses.includes(router.address)) {
    return { good: false, why: `the router still looks at ${router.address}, not at this container` };
  }
  return { good: true };
}
