import { serviceOf } from './decide.ts';
import { lifeOf } from './judge.ts';
import type { Container, Situation, Step } from './model.ts';

/**
 * Stops a deployment before a step that would break a guarantee, whoever asked for it. These stay on in production:
 * a deployment that halts can be resumed, a second cron or a stopped live slot cannot be undone.
 */
export function assertSafe(s: Situation, step: Step): void {
  switch (step.do) {
    case 'switch':
      assert(
        s.router.slots[step.to]?.up,
        `the router sees ${step.to} down and was asked to send traffic there`,
      );
      assert(
        s.progress.direction === 'back' ||
          runningOf(s, step.to).every((c) => s.progress.proven.has(lifeOf(c))),
        `${step.to} was not proven by the gate`,
      );
      return;
    case 'close':
      assert(step.slot !== s.router.live, `${step.slot} has the traffic and was told to close`);
      return;
    case 'stop':
    case 'remove':
      for (const slot of [s.router.live, s.router.stored]) {
        if (slot === undefined) continue;
        const served = step.containers.filter(({ service }) => service === serviceOf(s, slot));
        assert(
          served.every(({ running }) => !running),
          `${slot} has the traffic and was told to ${step.do}`,
        );
      }
      return;
    case 'start':
      for (const { service, replicas } of step.orders) {
        if (!s.layout.background[service]?.exclusive) continue;
        assert((replicas ?? 1) === 1, `${service} is exclusive and ${replicas} were wanted`);
        assert(
          !s.containers.some((c) => c.service === service && c.running),
          `a second ${service} would run`,
        );
      }
      return;
  }
}

const runningOf = (s: Situation, slot: string): readonly Container[] =>
  s.containers.filter(({ service, running }) => running && service === serviceOf(s, slot));

function assert(holds: boolean | undefined, broken: string): asserts holds {
  if (!holds) throw new Error(`assertion: ${broken}`);
}
