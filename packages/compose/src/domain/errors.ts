import { brand, type ErrorTable, ExplainedError, type Explanation } from '@cutover/internal';

/** Each way a deployment can fail, what it means and what to do; `docs/errors.md` is made from this record. */
export const deployErrorCodes = {
  'invalid-options': {
    meaning: 'An option has a wrong name, type or value, or options contradict each other',
    fix: 'Correct the option that the message names; nothing was changed',
  },
  'invalid-release': {
    meaning: 'The release names no image, or a service that is not deployed',
    fix: 'Give `{ image }`, or `{ images: { service: … } }` with the names of the options',
  },
  'unknown-slot': {
    meaning: 'A slot is named that the options, the router or its stored state do not agree on',
    fix: 'Leave `slot` out and the idle one is chosen. When the router names neither slot, or both, set one ready by hand, as the message says, and run it again',
  },
  'engine-unreachable': {
    meaning: 'The container engine does not answer',
    fix: 'Start the engine, or point `DOCKER_HOST` at it; `docker version` shows the same. An address over ssh is not supported: forward its socket as the message says. What runs goes on running; deploy again when it answers',
  },
  'compose-unavailable': {
    meaning: 'Docker Compose v2 is not there, or does not answer',
    fix: 'Install the package `docker-compose-plugin` (Debian: `docker-compose-v2` or later); the old `docker-compose` will not do. If it hangs, run the command of the message by hand',
  },
  'compose-invalid': {
    meaning: 'Compose refuses the project, or a service lacks what a deployment needs',
    fix: '`docker compose config` shows what Compose does not accept; else add what the message names to the service',
  },
  'service-missing': {
    meaning: 'The Compose file has no such service',
    fix: 'Correct the name in the options, or add the service to the Compose file',
  },
  'image-missing': {
    meaning:
      "The image cannot be pulled, and the engine lacks it or `pull: 'always'` asks for the registry's",
    fix: 'Push it, correct the tag, or log in to the registry on this host (`docker pull` shows the same). Nothing was changed',
  },
  'image-unfit': {
    meaning: 'The image was built for another architecture',
    fix: 'Build it for the architecture of the engine: `docker build --platform`',
  },
  'router-unreachable': {
    meaning: 'The router cannot be reached or refuses to be steered',
    fix: 'See that HAProxy runs, that its socket is where the client looks, that this user may open it, and that it has `level admin`. Traffic stays where it is',
  },
  'router-unfit': {
    meaning: 'The router is not configured as the slots need it',
    fix: 'Add the backend, server, map or check to haproxy.cfg as the message says, and reload HAProxy',
  },
  locked: {
    meaning: 'Another deployment of this project is under way',
    fix: '`status()` shows who deploys and since when; wait for it, or end that process: the lock of a dead one is taken over by the next run',
  },
  'journal-failed': {
    meaning: 'The engine refused an entry of the journal, so that the step it announces was not taken',
    fix: 'Make room on the disk of the engine, or see its log for why it creates no volume; then run the same deployment again',
  },
  'keep-failed': {
    meaning: 'The configuration of the release could not be kept, as `keep.configuration` wants it',
    fix: 'Make `.cutover` beside the Compose file writable for this user, make room on its disk, or leave the option out. Nothing was changed',
  },
  'no-previous-release': {
    meaning: 'No earlier release is known to roll back to',
    fix: 'Deploy the version that you want by its name',
  },
  'start-failed': {
    meaning: 'A container could not be created or started',
    fix: '`docker compose logs` of the service, and `docker inspect` of its container: a port taken, a mount that is not there, no memory. All is as before',
  },
  'job-failed': {
    meaning: 'A job of the deployment did not end well, or not in time',
    fix: 'Read its output: the last lines are above the error, the whole is in `docker compose logs` of the service. Fix it and deploy again, which runs it again. Before the start of the new slot nothing else was changed; after the watch the release has the traffic',
  },
  'gate-failed': {
    meaning: 'The new slot did not prove itself in time',
    fix: 'Read the log of the new slot: it did not become healthy, restarted, or HAProxy does not reach it. Traffic never moved; fix the release and deploy it again',
  },
  'verify-failed': {
    meaning: 'A background service did not stay up on the new release',
    fix: 'Read the log of the service that the message names. The old release is back; fix the new one and deploy it again',
  },
  'stop-failed': {
    meaning: 'A container did not stop after its grace period and a kill',
    fix: "Look at the container with `docker inspect` and at the engine's log: a process in uninterruptible sleep, an engine that hangs. Deploy again when it is gone",
  },
  'switch-failed': {
    meaning: 'The router did not take the switch, or answers through it were wrong',
    fix: 'See whether another program or person steers HAProxy, and what the router answers for the new slot. Traffic went back to the old one',
  },
  'watch-failed': {
    meaning:
      'The new slot went bad after it had got the traffic: it crashed, was stopped or paused, became unhealthy, answered badly through the router, or a signal of the watch was bad',
    fix: 'Traffic is back on the old slot, and the background services on the old release. Read the output of the new slot, fix the release and deploy it again',
  },
  interrupted: {
    meaning: 'The deploying process was asked to stop',
    fix: '`status()` shows how things stand; run the same deployment again and it goes on, or `resume()`',
  },
  'undo-failed': {
    meaning: 'A step failed, and so did the way back; somebody has to look',
    fix: 'Look first at which slot has the traffic (`status()`), then at the message: it names the step that failed and the one of the way back. Fix that and `resume()`',
  },
  'internal-error': {
    meaning: 'An assertion of ours failed; a bug, and nothing further was done',
    fix: 'Do not force anything: `status()`, then `resume()`. Report it with the output of the run',
  },
} as const satisfies ErrorTable;

export type DeployErrorCode = keyof typeof deployErrorCodes;

/**
 * The one error of this package. `code` is stable; `facts.outcome` of an error out of `deploy()`, `rollback()` or
 * `resume()` says how things stand: `unchanged` (nothing was touched; if an unfinished earlier deployment was ended
 * first, `facts.leftover` is its outcome), `reverted` (all-old again) or `unfinished` (run it again, or `resume()`).
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
brand(DeployError, 'DeployError');
