import type { Situation } from '../domain/situation.ts';
import { predict, type Step } from '../steps/index.ts';
import { decide } from './decide.ts';

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
