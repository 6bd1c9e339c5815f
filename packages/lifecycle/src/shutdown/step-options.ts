import { option, readOptions } from '@cutover/internal';
import { refuse } from '../errors.ts';
import { PHASES } from './phases.ts';
import type { StepOptions } from './types.ts';

const RULES = { phase: option.oneOf(...PHASES), timeout: option.limit };

/** @throws {LifecycleError} `invalid-options` */
export function readStepOptions(name: string, given: StepOptions): StepOptions & { timeout: number } {
  const doing = 'adding a step to the shutdown';
  readOptions({ name }, { name: option.required(option.text) }, {}, refuse(doing));
  return readOptions(given, RULES, { timeout: Number.POSITIVE_INFINITY }, refuse(`${doing}, ${name}`));
}
