import { type OptionRule, option, readOptions } from '@cutover/internal';
import type { Check, CheckDetails } from '../check.ts';
import { defineCheck } from '../checks/define-check.ts';
import { singleFlight } from '../checks/single-flight.ts';
import { HealthcheckError, refuseOption } from '../errors.ts';
import { asking } from './grpc-status.ts';
import { judgePollers, POLLER_AGE, type Poller } from './pollers.ts';

export interface TemporalCheckOptions {
  /** Default `temporal`. */
  name?: string;
  /** Default `default`. */
  namespace?: string;
  /** A task queue that a worker must poll; by default only the service is checked. */
  taskQueue?: string;
  /** What must be polled: `any` (default), `workflow`, `activity`, or `both`. */
  pollers?: 'any' | 'workflow' | 'activity' | 'both';
  /** Only pollers with this identity count: use a worker's own identity to check that worker. */
  identity?: string;
  /** Milliseconds since a poller was last seen; default {@link POLLER_AGE}. */
  maxPollerAge?: number;
}

/** What is needed of a `Connection` of `@temporalio/client`, or of a worker's `NativeConnection`. */
export interface TemporalConnection {
  readonly healthService: { check(request: { service: string }): Promise<unknown> };
  readonly workflowService: {
    describeTaskQueue(request: {
      namespace: string;
      taskQueue: { name: string };
      taskQueueType: number;
    }): Promise<unknown>;
  };
}

const CONNECTION: OptionRule = {
  expected: "a Connection of @temporalio/client or a worker's NativeConnection",
  accepts: (thing) => typeof (thing as TemporalConnection | null)?.healthService?.check === 'function',
};
const SERVICE = 'temporal.api.workflowservice.v1.WorkflowService';
/** As `grpc.health.v1` counts. */
const SERVING = 1;
const TYPES = { workflow: 1, activity: 2 } as const;

/**
 * Temporal is serving, and a worker polls the task queue if one is named. Uses an existing connection, of a client
 * or of a worker.
 * @throws {HealthcheckError} `invalid-options` at the call; `run` rejects with `unreachable`, `silent`, `not-ready`,
 * `denied`, `misconfigured` (a certificate), `bad-answer`, or `unhealthy` when no worker polls.
 */
export function temporalCheck(connection: TemporalConnection, options: TemporalCheckOptions = {}): Check {
  const refuse = refuseOption('temporalCheck');
  const { name, ...wanted } = readOptions(
    options,
    {
      name: option.text,
      namespace: option.text,
      taskQueue: option.text,
      pollers: option.oneOf('any', 'workflow', 'activity', 'both'),
      identity: option.text,
      maxPollerAge: option.duration,
    },
    { name: 'temporal', namespace: 'default', pollers: 'any', maxPollerAge: POLLER_AGE },
    refuse,
  );
  readOptions({ connection }, { connection: option.required(CONNECTION) }, {}, refuse);
  const doing = 'asking Temporal';
  return defineCheck({
    name,
    doing,
    run: singleFlight(() => asking(doing, () => judge(connection, wanted, doing))),
  });
}

type Wanted = Required<Pick<TemporalCheckOptions, 'namespace' | 'pollers' | 'maxPollerAge'>> &
  TemporalCheckOptions;

async function judge(connection: TemporalConnection, wanted: Wanted, doing: string): Promise<CheckDetails> {
  const status = Number(fieldsOf(await connection.healthService.check({ service: SERVICE })).status);
  if (status !== SERVING) {
    throw new HealthcheckError('not-ready', {
      doing,
      found: `serving status ${status}`,
      wanted: 'SERVING (1)',
    });
  }
  const { namespace, taskQueue } = wanted;
  if (taskQueue === undefined) return {};
  const [workflow, activity] = await Promise.all([
    pollersOf(connection, namespace, taskQueue, TYPES.workflow),
    pollersOf(connection, namespace, taskQueue, TYPES.activity),
  ]);
  return judgePollers({ workflow, activity }, wanted, { doing, now: Date.now() });
}

async function pollersOf(
  { workflowService }: TemporalConnection,
  namespace: string,
  name: string,
  taskQueueType: number,
): Promise<Poller[]> {
  const answer = await workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType });
  const { pollers } = fieldsOf(answer);
  return (Array.isArray(pollers) ? pollers : []).map((entry) => {
    const { identity, lastAccessTime } = fieldsOf(entry);
    // Seconds come as a Long, which only its text form turns into a number.
    return { identity: String(identity), seenAt: Number(String(fieldsOf(lastAccessTime).seconds)) * 1000 };
  });
}

const fieldsOf = (value: unknown): Record<string, unknown> => Object(value) as Record<string, unknown>;
