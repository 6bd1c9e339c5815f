import { decide } from './decide.ts';
import { lifeOf } from './judge.ts';
import type { Container, Image, Proofs, Situation, StartOrder, Step } from './model.ts';

// The order of a deployment has about a dozen steps; what needs more than this goes in circles.
export const MOST_STEPS = 100;

/** Every step from here to the end, if each keeps its promise: the dry run. */
export function planFrom(situation: Situation): readonly Step[] {
  const steps: Step[] = [];
  for (let now = situation; steps.length < MOST_STEPS; now = predict(now, steps[steps.length - 1] as Step)) {
    const step = decide(now);
    steps.push(step);
    if (step.do === 'finish') return steps;
  }
  throw new Error('assertion: a plan has no end');
}

/** The situation after `step`, when its post-condition holds. */
export function predict(s: Situation, step: Step): Situation {
  switch (step.do) {
    case 'start':
      return { ...s, containers: [...s.containers, ...step.orders.flatMap((order) => created(s, order))] };
    case 'gate':
      return {
        ...withProofs(s, { proven: new Set([...s.progress.proven, lifeOf(step.container)]) }),
        router: { ...s.router, slots: { ...s.router.slots, [step.slot]: { up: true, sessions: 0 } } },
      };
    case 'verify':
      return withProofs(s, {
        proven: new Set([...s.progress.proven, ...step.containers.map(lifeOf)]),
      });
    case 'stop':
      return {
        ...s,
        containers: s.containers.map((c) => (isOneOf(step.containers, c) ? { ...c, running: false } : c)),
      };
    case 'remove':
      return { ...s, containers: s.containers.filter((container) => !isOneOf(step.containers, container)) };
    case 'switch':
      return { ...s, router: { ...s.router, live: step.to } };
    case 'close':
      return {
        ...s,
        router: { ...s.router, slots: { ...s.router.slots, [step.slot]: { up: false, sessions: 0 } } },
      };
    case 'persist':
      return { ...s, router: { ...s.router, stored: step.slot } };
    case 'drain':
      return withProofs(s, { drained: new Set([...s.progress.drained, lifeOf(step.container)]) });
    case 'watch':
      return withProofs(s, { watched: true });
    case 'finish':
      return s;
  }
}

const withProofs = (s: Situation, proofs: Partial<Proofs>): Situation => ({
  ...s,
  progress: { ...s.progress, ...proofs },
});

const isOneOf = (containers: readonly Container[], { id }: Container): boolean =>
  containers.some((container) => container.id === id);

const created = (s: Situation, { service, image, replicas }: StartOrder): readonly Container[] =>
  Array.from(
    { length: (replicas ?? 1) - s.containers.filter((c) => c.service === service).length },
    (_, index) => container(service, image, `${service}-${s.containers.length + index}`),
  );

const container = (service: string, image: Image, id: string): Container => ({
  id,
  name: service,
  service,
  image: image.id,
  imageName: image.name,
  running: true,
  health: 'healthy',
  startedAt: '',
  restarts: 0,
  exitCode: 0,
  addresses: [],
});
