import { option, readOptions } from '@cutover/internal';
import type { Check, CheckDetails } from '../check.ts';
import { defineCheck } from '../checks/define-check.ts';
import { joined } from '../checks/joined.ts';
import { requireMethods } from '../checks/require-methods.ts';
import { HealthcheckError, refuseOption } from '../errors.ts';
import { type GrpcCall, withGrpc } from './grpc.ts';
import { judgePollers, POLLER_AGE, type Poller } from './pollers.ts';
import { encodeMessage } from './protobuf.ts';

export interface TemporalCheckOptions {
  /** Default `temporal`. */
  name?: string;
  /** Default `default`. */
  namespace?: string;
  /** A task queue that somebody must poll; by default only the service is asked. */
  taskQueue?: string;
  /** What must be polled: `any` (default), `workflow`, `activity`, or `both`. */
  pollers?: 'any' | 'workflow' | 'activity' | 'both';
  /** Only pollers of this identity count: a worker's own, to prove that it is the one. */
  identity?: string;
  /** Milliseconds since a poller was last seen; default {@link POLLER_AGE}. */
  maxPollerAge?: number;
  /** Connect with TLS; default false, or true when an API key is given. */
  tls?: boolean;
  /** Certificates to trust in place of Node's own, PEM. */
  ca?: string;
  /** Sent as a bearer token, as Temporal Cloud wants it. */
  apiKey?: string;
}

/** What is needed of a `Connection` of `@temporalio/client`. */
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

/** The two questions, however they are asked. */
interface Temporal {
  /** As `grpc.health.v1` counts: 1 is SERVING. */
  status(): Promise<number>;
  pollers(taskQueue: string, type: number): Promise<Poller[]>;
}

const SERVICE = 'temporal.api.workflowservice.v1.WorkflowService';
const SERVING = 1;
const TYPES = { workflow: 1, activity: 2 } as const;

/**
 * Temporal serves, and when a task queue is named somebody polls it. Asked over gRPC, with an own connection a run, or
 * over a Connection that is given.
 * @throws {HealthcheckError} `invalid-options` at the call; `run` rejects with `unreachable`, `not-ready`, `denied`,
 * `bad-answer`, or `unhealthy` when nobody polls.
 */
export function temporalCheck(
  target: string | TemporalConnection,
  options: TemporalCheckOptions = {},
): Check {
  const read = readOptions(
    options,
    {
      name: option.text,
      namespace: option.text,
      taskQueue: option.text,
      pollers: option.oneOf('any', 'workflow', 'activity', 'both'),
      identity: option.text,
      maxPollerAge: option.duration,
      tls: option.boolean,
      ca: option.text,
      apiKey: option.text,
    },
    { name: 'temporal', namespace: 'default', pollers: 'any', maxPollerAge: POLLER_AGE },
    refuseOption('temporalCheck'),
  );
  const { namespace } = read;
  if (typeof target !== 'string') {
    requireMethods('temporalCheck', target?.healthService, 'check');
    const doing = 'asking Temporal';
    return defineCheck({
      name: read.name,
      doing,
      run: joined(() => judge(viaConnection(target, namespace), read, doing)),
    });
  }
  const address = readAddress(target, read);
  const doing = `asking Temporal at ${target}`;
  return defineCheck({
    name: read.name,
    doing,
    run: (signal) => withGrpc(address, signal, (call) => judge(viaGrpc(call, namespace), read, doing)),
  });
}

type Wanted = Required<Pick<TemporalCheckOptions, 'pollers' | 'maxPollerAge'>> & TemporalCheckOptions;

async function judge(temporal: Temporal, wanted: Wanted, doing: string): Promise<CheckDetails> {
  const status = await temporal.status();
  if (status !== SERVING) {
    throw new HealthcheckError('not-ready', {
      doing,
      found: `serving status ${status}`,
      wanted: 'SERVING (1)',
    });
  }
  const { taskQueue } = wanted;
  if (taskQueue === undefined) return {};
  const [workflow, activity] = await Promise.all([
    temporal.pollers(taskQueue, TYPES.workflow),
    temporal.pollers(taskQueue, TYPES.activity),
  ]);
  return judgePollers({ workflow, activity }, wanted, { doing, now: Date.now() });
}

function readAddress(target: string, { tls, ca, apiKey }: TemporalCheckOptions) {
  const url = `${(tls ?? apiKey !== undefined) ? 'https' : 'http'}://${target}`;
  if (!/^[^/@?#\s]+:\d+$/.test(target) || !URL.canParse(url)) {
    const wanted = 'host:port, such as temporal:7233';
    const doing = 'reading the address of temporalCheck';
    throw new HealthcheckError('invalid-options', { doing, found: 'something else', wanted });
  }
  return { url, ca, headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` } };
}

/** Field numbers: grpc/health/v1/health.proto; temporal/api/workflowservice/v1 and taskqueue/v1. */
const viaGrpc = (call: GrpcCall, namespace: string): Temporal => ({
  status: async () => (await call('/grpc.health.v1.Health/Check', encodeMessage({ 1: SERVICE }))).number(1),
  pollers: async (name, type) => {
    const question = encodeMessage({ 1: namespace, 2: encodeMessage({ 1: name }), 3: type });
    const answer = await call(`/${SERVICE}/DescribeTaskQueue`, question);
    return answer.messages(1).map((poller) => {
      const [seen] = poller.messages(1);
      return { identity: poller.text(2), seenAt: (seen?.number(1) ?? 0) * 1000 };
    });
  },
});

const viaConnection = (connection: TemporalConnection, namespace: string): Temporal => ({
  status: async () => Number(fieldsOf(await connection.healthService.check({ service: SERVICE })).status),
  pollers: async (name, taskQueueType) => {
    const question = { namespace, taskQueue: { name }, taskQueueType };
    const { pollers } = fieldsOf(await connection.workflowService.describeTaskQueue(question));
    return (Array.isArray(pollers) ? pollers : []).map((entry) => {
      const { identity, lastAccessTime } = fieldsOf(entry);
      // Seconds come as a Long, which only its text form turns into a number.
      return { identity: String(identity), seenAt: Number(String(fieldsOf(lastAccessTime).seconds)) * 1000 };
    });
  },
});

const fieldsOf = (value: unknown): Record<string, unknown> => Object(value) as Record<string, unknown>;
