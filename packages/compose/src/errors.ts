import { ExplainedError, type Explanation } from '@cutover/internal';

/** Each way a deployment can fail and what it means; the table of the docs is made from this record. */
export const deployErrorCodes = {
  'invalid-options': 'An option has a wrong name, type or value, or options contradict each other',
  'invalid-release': 'The release names no image, or a service that is not deployed',
  'unknown-slot': 'A slot is named that the options, the router or its stored state do not agree on',
  'engine-unreachable': 'The container engine does not answer',
  'compose-unavailable': 'Docker Compose v2 is not there',
  'compose-invalid': 'Compose refuses the project, or a service lacks what a deployment needs',
  'service-missing': 'The Compose file has no such service',
  'image-missing': 'The image is not on the engine and cannot be pulled',
  'image-unfit': 'The image was built for another architecture',
  'router-unreachable': 'The router cannot be reached or refuses to be steered',
  'router-unfit': 'The router is not configured as the slots need it',
  locked: 'Another deployment of this project is under way',
  'nothing-to-return-to': 'No earlier release is known to roll back to',
  'start-failed': 'A container could not be created or started',
  'gate-failed': 'The new slot did not prove itself in time',
  'verify-failed': 'A background service did not stay up on the new release',
  'stop-failed': 'A container did not stop after its grace period and a kill',
  'switch-failed': 'The router did not take the switch, or answers through it were wrong',
  'soak-failed': 'The new slot went bad while it was watched',
  interrupted: 'The deploying process was asked to stop',
  'undo-failed': 'A step failed, and so did the way back; somebody has to look',
  broken: 'An assertion of ours failed; a bug, and nothing further was done',
} as const;

export type DeployErrorCode = keyof typeof deployErrorCodes;

/**
 * The one error of this package. `code` is stable; `facts.outcome` of an error out of `deploy()` says how things
 * stand: `unchanged` (nothing was touched), `reverted` (all-old again) or `unfinished` (run it again, or `resume()`).
 */
export class DeployError extends ExplainedError<DeployErrorCode> {
  override readonly name = 'DeployError';

  constructor(
    code: DeployErrorCode,
    explanation: Explanation,
    options?: { cause?: unknown; facts?: Readonly<Record<string, unknown>> },
  ) {
    super(code, explanation, options);
  }
}
