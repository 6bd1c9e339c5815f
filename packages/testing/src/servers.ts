import { type ContainerOptions, startContainer, type TestContainer } from './containers.ts';

/** Time for a server to answer its first question, in milliseconds. */
export const SERVER_TIMEOUT = 60_000;

const DATABASE = 'cutover';
const PASSWORD = 'only-for-tests';

type Further = Omit<ContainerOptions, 'image'>;

/** A server that answers, and where. */
export interface TestServer extends TestContainer {
  /** With user and password. */
  readonly url: () => string;
}

/** Starts PostgreSQL 15 and waits for a query over TCP, which its own first start does not answer. */
export const startPostgres = (options: Further = {}): Promise<TestServer> =>
  startServer({
    image: 'postgres:15-bookworm',
    port: 5432,
    account: `postgresql://${DATABASE}:${PASSWORD}@`,
    path: `/${DATABASE}`,
    env: { POSTGRES_USER: DATABASE, POSTGRES_PASSWORD: PASSWORD, POSTGRES_DB: DATABASE },
    question: ['psql', `postgresql://${DATABASE}:${PASSWORD}@127.0.0.1/${DATABASE}`, '-c', 'SELECT 1'],
    options,
  });

/** Starts Redis 7.0 and waits for PONG. */
export const startRedis = (options: Further = {}): Promise<TestServer> =>
  startServer({
    image: 'redis:7.0-bookworm',
    port: 6379,
    account: 'redis://',
    path: '',
    env: {},
    question: ['redis-cli', '-e', 'ping'],
    options,
  });

/** Starts MariaDB 10.11 and waits for a query over TCP. */
export const startMariadb = (options: Further = {}): Promise<TestServer> =>
  startServer({
    image: 'mariadb:10.11',
    port: 3306,
    account: `mysql://${DATABASE}:${PASSWORD}@`,
    path: `/${DATABASE}`,
    env: {
      MARIADB_ROOT_PASSWORD: PASSWORD,
      MARIADB_DATABASE: DATABASE,
      MARIADB_USER: DATABASE,
      MARIADB_PASSWORD: PASSWORD,
    },
    question: ['mariadb', '-h127.0.0.1', `-u${DATABASE}`, `-p${PASSWORD}`, DATABASE, '-e', 'SELECT 1'],
    options,
  });

/** Starts HAProxy with a configuration and waits until its workers have loaded it. */
export async function startHaproxy({
  version = '3.0',
  config,
  ...options
}: Further & { readonly version?: '2.6' | '3.0'; readonly config: string }): Promise<TestContainer> {
  // Its user cannot write where the image looks for it, and a mount would need a shared file system.
  const file = '/var/lib/haproxy/haproxy.cfg';
  const script = `printf '%s\\n' "$HAPROXY_CONFIG" > ${file} && exec docker-entrypoint.sh haproxy -f ${file}`;
  const container = await startContainer({
    ...options,
    image: `haproxy:${version}`,
    command: ['sh', '-c', script],
    env: { ...options.env, HAPROXY_CONFIG: config },
  });
  return ready(container, async () => {
    if (!(await container.logs()).includes('Loading success'))
      throw new Error('it has not loaded its configuration');
  });
}

interface ServerPlan {
  readonly image: string;
  readonly port: number;
  readonly account: string;
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  readonly question: readonly string[];
  readonly options: Further;
}

async function startServer({
  port,
  account,
  path,
  question,
  options,
  ...plan
}: ServerPlan): Promise<TestServer> {
  const { ports = [], env, ...further } = options;
  const container = await startContainer({
    ...further,
    image: plan.image,
    env: { ...plan.env, ...env },
    ports: [port, ...ports],
  });
  await ready(container, () => container.exec(...question));
  const url = () => {
    const { host, port: published } = container.address(port);
    return `${account}${host}:${published}${path}`;
  };
  return Object.assign(container, { url });
}

/** Resolves once a question is answered; removes the container and shows its last lines when that never happens. */
async function ready(container: TestContainer, ask: () => Promise<unknown>): Promise<TestContainer> {
  const deadline = performance.now() + SERVER_TIMEOUT;
  for (;;) {
    try {
      await ask();
      return container;
    } catch (error) {
      const { State } = await container.inspect();
      if (State.Running && performance.now() < deadline) await new Promise((again) => setTimeout(again, 100));
      else throw await failure(container, error);
    }
  }
}

async function failure(container: TestContainer, cause: unknown): Promise<Error> {
  const lines = (await container.logs()).trim().split('\n').slice(-10).join('\n  ');
  await container[Symbol.asyncDispose]();
  return new Error(`${container.name} did not get ready: its last lines are\n  ${lines}`, { cause });
}
