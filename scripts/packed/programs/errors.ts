// What an error of one package is to the others. Run as a consumer runs it, with "import" or "require" as its argument;
// prints one JSON object. The folder "copies" holds every package a second time.
import { utimes, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

type Healthcheck = typeof import('../../../packages/healthcheck/src/index.ts');
type Lifecycle = typeof import('../../../packages/lifecycle/src/index.ts');
type Haproxy = typeof import('../../../packages/haproxy/src/index.ts');
type Compose = typeof import('../../../packages/compose/src/index.ts');
type Thrown = Error & { code: string; explanation: { fix?: string } };

const load =
  process.argv[2] === 'require'
    ? createRequire(import.meta.url)
    : (name: string) => import(name.startsWith('.') ? pathToFileURL(name).href : name);

const { heartbeatCheck, HealthcheckError }: Healthcheck = await load('@cutover/healthcheck');
const { waitForDatabase, LifecycleError }: Lifecycle = await load('@cutover/lifecycle');
const { createRuntimeClient, HaproxyError }: Haproxy = await load('@cutover/haproxy');
const { haproxyMapRouter, DeployError }: Compose = await load('@cutover/compose');

async function thrownBy(work: () => unknown) {
  const error = await Promise.resolve()
    .then(work)
    .then(
      () => new Error('nothing was thrown'),
      (thrown) => thrown as Thrown,
    );
  const { name, message, code, explanation, cause } = error as Thrown;
  const causedBy = [HealthcheckError, HaproxyError].find((type) => cause instanceof type)?.name;
  return { name, message, code, fix: explanation?.fix, causedBy };
}

// A clock that went wrong: the job wrote its heartbeat an hour from now.
await writeFile('heartbeat', '');
const later = new Date(Date.now() + 3_600_000);
await utimes('heartbeat', later, later);

const router = haproxyMapRouter({
  client: createRuntimeClient({ address: '/nowhere/admin.sock' }),
  map: '/maps/live.map',
  file: 'live.map',
  key: 'shop',
  backends: { blue: 'api_blue', green: 'api_green' },
  probe: 'http://127.0.0.1:1/',
});

async function knowsItsCopy(
  own: { readonly name: string },
  packageName: string,
  code: string,
): Promise<boolean> {
  const copy = await load(`./copies/${packageName}/dist/index.js`);
  const error = new copy[own.name](code, { doing: 'testing', found: 'a copy' });
  return copy[own.name] !== own && error instanceof (own as typeof HaproxyError);
}

console.log(
  JSON.stringify({
    missingDriver: await thrownBy(() => waitForDatabase('postgres://127.0.0.1:1/shop')),
    notYetGood: await thrownBy(() =>
      waitForDatabase(heartbeatCheck('heartbeat', { maxAge: 1_000 }), { timeout: 300 }),
    ),
    unreachableRouter: await thrownBy(() => router.preflight(['blue', 'green'], ['app'])),
    failedProbe: await thrownBy(() => router.probe?.(AbortSignal.timeout(5_000))),
    copies: {
      HealthcheckError: await knowsItsCopy(HealthcheckError, 'healthcheck', 'denied'),
      LifecycleError: await knowsItsCopy(LifecycleError, 'lifecycle', 'not-ready'),
      HaproxyError: await knowsItsCopy(HaproxyError, 'haproxy', 'conflict'),
      DeployError: await knowsItsCopy(DeployError, 'compose', 'locked'),
    },
  }),
);
