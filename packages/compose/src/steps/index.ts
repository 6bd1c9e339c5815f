import type { StepSummary } from '../domain/events.ts';
import type { Situation } from '../domain/situation.ts';
import { type Close, close } from './close.ts';
import { type Drain, drain } from './drain.ts';
import { type Finish, finish } from './finish.ts';
import { type Gate, gate } from './gate.ts';
import { type Job, job } from './job.ts';
import { type Kind, summaryOf } from './kind.ts';
import { type Persist, persist } from './persist.ts';
import { type Remove, remove } from './remove.ts';
import { type Start, start } from './start.ts';
import { type Stop, stop } from './stop.ts';
import { type Switch, switchTraffic } from './switch.ts';
import { type Verify, verify } from './verify.ts';
import { type Watch, watch } from './watch.ts';

/** One thing to do next. */
export type Step =
  | Job
  | Start
  | Gate
  | Verify
  | Stop
  | Remove
  | Switch
  | Close
  | Persist
  | Drain
  | Watch
  | Finish;

const kinds: { readonly [K in Step['do']]: Kind<Extract<Step, { do: K }>> } = {
  job,
  start,
  gate,
  verify,
  stop,
  remove,
  switch: switchTraffic,
  close,
  persist,
  drain,
  watch,
  finish,
};

export const kindOf = (step: Step): Kind<Step> => kinds[step.do] as Kind<Step>;

export const describe = (step: Step): StepSummary => summaryOf(kindOf(step), step);

export const predict = (s: Situation, step: Step): Situation => kindOf(step).predict(s, step);

export const assertSafe = (s: Situation, step: Step): void => kindOf(step).assertSafe?.(s, step);
