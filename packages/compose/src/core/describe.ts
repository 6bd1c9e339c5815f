import type { Container, Step } from './model.ts';

/** A step in words, as reporters, plans and errors show it. */
export function describe(step: Step): string {
  switch (step.do) {
    case 'start':
      return `start ${step.orders.map(({ service, image }) => `${service} on ${image.name}`).join(', ')}`;
    case 'gate':
      return `prove ${step.slot} (${step.container.service})`;
    case 'verify':
      return `verify ${services(step.containers)}`;
    case 'stop':
      return `stop ${services(step.containers)}`;
    case 'remove':
      return `remove stopped ${services(step.containers)}`;
    case 'switch':
      return `switch traffic from ${step.from} to ${step.to}`;
    case 'close':
      return `close ${step.slot} to new traffic`;
    case 'persist':
      return `store ${step.slot} as the live slot`;
    case 'drain':
      return `drain ${step.slot}`;
    case 'watch':
      return `watch ${step.slot} while the old slot stays warm`;
    case 'finish':
      return step.outcome === 'deployed' ? 'done' : 'back as it was';
  }
}

const services = (containers: readonly Container[]): string =>
  [...new Set(containers.map(({ service }) => service))].join(', ');
