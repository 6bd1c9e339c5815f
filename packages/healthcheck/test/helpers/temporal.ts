import { Metadata, Server, ServerCredentials, type ServiceDefinition, status } from '@grpc/grpc-js';
import { grpc, temporal } from '@temporalio/proto';
import { onTestFinished } from 'vitest';

const { DescribeTaskQueueRequest, DescribeTaskQueueResponse, GetSystemInfoRequest, GetSystemInfoResponse } =
  temporal.api.workflowservice.v1;
const { HealthCheckRequest, HealthCheckResponse } = grpc.health.v1;
export const { ServingStatus } = HealthCheckResponse;

/** What a {@link temporalPeer} does; a test changes it as it goes. */
export interface TemporalBehaviour {
  serving: number;
  /** Pollers by task queue type: 1 workflow, 2 activity; `ago` in milliseconds. */
  pollers: Record<number, { identity: string; ago: number }[]>;
  /** Refuses every call with this gRPC status. */
  refuse?: status | undefined;
  /** Never answers. */
  silent?: boolean;
}

interface Question {
  service?: string;
  namespace?: string;
  taskQueue?: { name?: string };
}

type Handler = (
  call: { request: unknown; metadata: Metadata },
  reply: (error: object | null, answer?: unknown) => void,
) => void;

/** A gRPC server that speaks Temporal's own protobuf service, as `@temporalio/proto` has it. */
export async function temporalPeer(
  behaviour: Partial<TemporalBehaviour> = {},
  credentials: ServerCredentials = ServerCredentials.createInsecure(),
) {
  const state: TemporalBehaviour = { serving: ServingStatus.SERVING, pollers: {}, ...behaviour };
  const asked: Record<'service' | 'namespace' | 'taskQueue' | 'authorization', string>[] = [];
  const guarded =
    (answer: (request: never) => unknown): Handler =>
    ({ request, metadata }, reply) => {
      const { service = '', namespace = '', taskQueue } = request as Question;
      const authorization = String(metadata.get('authorization')[0] ?? '');
      asked.push({
        service,
        namespace,
        taskQueue: taskQueue?.name ?? '',
        authorization,
      });
      if (state.silent) return;
      if (state.refuse) return reply({ code: state.refuse, details: 'refused', metadata: new Metadata() });
      reply(null, answer(request as never));
    };

  const server = new Server();
  server.addService(service('grpc.health.v1.Health', { Check: [HealthCheckRequest, HealthCheckResponse] }), {
    Check: guarded(() => ({ status: state.serving })),
  } as never);
  server.addService(
    service('temporal.api.workflowservice.v1.WorkflowService', {
      DescribeTaskQueue: [DescribeTaskQueueRequest, DescribeTaskQueueResponse],
      GetSystemInfo: [GetSystemInfoRequest, GetSystemInfoResponse],
    }),
    {
      DescribeTaskQueue: guarded(({ taskQueueType }: { taskQueueType: number }) => ({
        pollers: (state.pollers[taskQueueType] ?? []).map(({ identity, ago }) => ({
          identity,
          ratePerSecond: 1.5,
          lastAccessTime: { seconds: Math.floor((Date.now() - ago) / 1000), nanos: 5 },
        })),
      })),
      GetSystemInfo: guarded(() => ({ serverVersion: '1.29.0', capabilities: {} })),
    } as never,
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  onTestFinished(() => server.forceShutdown());
  return { address: `127.0.0.1:${port}`, state, asked };
}

interface Codec {
  encode(message: never): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
}

function service(name: string, methods: Record<string, readonly [Codec, Codec]>): ServiceDefinition {
  const serialize = (codec: Codec) => (message: unknown) =>
    Buffer.from(codec.encode(message as never).finish());
  const entries = Object.entries(methods).map(([method, [request, response]]) => [
    method,
    {
      path: `/${name}/${method}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: serialize(request),
      requestDeserialize: (bytes: Buffer) => request.decode(bytes),
      responseSerialize: serialize(response),
      responseDeserialize: (bytes: Buffer) => response.decode(bytes),
    },
  ]);
  return Object.fromEntries(entries) as ServiceDefinition;
}

export { status };
